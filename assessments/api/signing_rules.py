"""An organisation's policy of the sign-off, and who stands in for whom; over the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import serializers as fields
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from assessments import delegating, setting_policy
from assessments.api import serializers
from assessments.api.base import OrganisationEndpoint
from assessments.api.inputs import Strict
from assessments.api.schema import operation
from assessments.errors import Refused
from assessments.models import Delegation
from assessments.routing import policy_in_force

RULES = "sign-off rules"


class PolicySerializer(fields.Serializer[Any]):
    version = fields.IntegerField(help_text="0: the policy that comes with the product.")
    digest = fields.CharField()
    policy = fields.JSONField(help_text="People stand by their references.")
    text = fields.CharField(help_text="YAML, as it can be put back; people stand by their addresses.")


class PolicyInputSerializer(Strict):
    text = fields.CharField(max_length=setting_policy.LONGEST, trim_whitespace=False)
    reason = fields.CharField(max_length=4000)


class DelegationSerializer(fields.Serializer[Any]):
    id = fields.UUIDField()
    of = serializers.NamedPersonSerializer()
    to = serializers.NamedPersonSerializer()
    starts_on = fields.DateField()
    ends_on = fields.DateField()
    reason = fields.CharField()
    ended_at = fields.DateTimeField(allow_null=True, help_text="When it was taken back before its last day.")


class DelegationInputSerializer(Strict):
    of = fields.EmailField(help_text="Of the approver who is away: you, unless you are an administrator.")
    to = fields.EmailField(help_text="Of the approver who signs meanwhile.")
    starts_on = fields.DateField()
    ends_on = fields.DateField()
    reason = fields.CharField(max_length=4000)


class PolicyDetail(OrganisationEndpoint):
    actions = {"GET": "view", "PUT": "set_policy"}

    @operation("policy_retrieve", "Read the policy of the sign-off", tag=RULES, answer=PolicySerializer)
    def get(self, request: Request, org: str) -> Response:
        policy, version = policy_in_force(self.organisation)
        text = setting_policy.policy_text(self.organisation)
        return Response({"version": version, "digest": policy.digest, "policy": policy.as_data(), "text": text})

    @operation("policy_set", "Put a new version of the policy in force", tag=RULES, body=PolicyInputSerializer, answer=PolicySerializer,
               problems=(400, 401, 403, 404, 415, 422),
               description="For what is submitted from then on. Everything that is wrong in it is named with its line.")  # fmt: skip
    def put(self, request: Request, org: str) -> Response:
        setting_policy.policy_set(actor=self.person, organisation=self.organisation, **self.given(PolicyInputSerializer))
        return self.get(request, org)


class Delegations(OrganisationEndpoint):
    actions = {"GET": "view", "POST": "delegate"}

    @operation("delegations_list", "List who stands in for whom", tag=RULES, answer=DelegationSerializer, pages=True)
    def get(self, request: Request, org: str) -> Response:
        rows = Delegation.objects.filter(organisation=self.organisation).select_related("of", "to", "ended")
        return self.page_of([_shown(row) for row in rows], DelegationSerializer)

    @operation("delegations_create", "Let somebody sign for an absent approver", tag=RULES, status=201, body=DelegationInputSerializer,
               answer=DelegationSerializer, problems=(400, 401, 403, 404, 415, 422))  # fmt: skip
    def post(self, request: Request, org: str) -> Response:
        values = self.given(DelegationInputSerializer)
        of, to = (self.member(name, values.pop(name)) for name in ("of", "to"))
        row = delegating.delegate(actor=self.person, organisation=self.organisation, of=of, to=to, **values)
        return Response(_shown(row), status=201)

    def member(self, name: str, address: str) -> User:
        found = User.objects.filter(email__iexact=address, memberships__organisation=self.organisation).first()
        if found is None:
            raise Refused(_("This can't be arranged as it stands."), {name: _("Nobody in the organisation has this address.")})
        return found


class DelegationDetail(OrganisationEndpoint):
    actions = {"DELETE": "delegate"}

    @operation("delegations_end", "End a delegation", tag=RULES, status=204, answer=None, problems=(401, 403, 404, 409))
    def delete(self, request: Request, org: str, delegation: UUID) -> Response:
        row = Delegation.objects.filter(organisation=self.organisation, pk=delegation).select_related("organisation", "of", "to").first()
        if row is None:
            raise Http404(_("There is no such delegation in this organisation."))
        delegating.end(actor=self.person, delegation=row)
        return Response(status=204)


def _shown(row: Delegation) -> dict[str, Any]:
    ended = getattr(row, "ended", None)
    return {
        "id": row.pk, "starts_on": row.starts_on, "ends_on": row.ends_on, "reason": row.reason, "ended_at": ended.at if ended else None,
        **{name: {"reference": person.reference, "name": person.name} for name, person in (("of", row.of), ("to", row.to))},
    }  # fmt: skip
