"""The portfolio over the API: each assessment's facts, by the same filters as the page."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import rights_of
from assessments.api.base import OrganisationEndpoint
from assessments.api.schema import READING, operation
from assessments.api.serializers import NumberText
from assessments.models import Assessment, Severity, Sourcing, Standing, StandingDuty, StandingRisk, StandingYear, Status
from assessments.permissions import visible
from assessments.portfolio.reading import COLUMNS, EVERY, REVIEWS, RISK_CLASSES, UnknownFilter, filters_of, rows, state_of_facts


class YearSerializer(serializers.ModelSerializer[StandingYear]):
    amount, base_amount = NumberText(), NumberText(allow_null=True)

    class Meta:
        model = StandingYear
        fields = ("year", "amount", "base_amount")


class RiskSerializer(serializers.ModelSerializer[StandingRisk]):
    class Meta:
        model = StandingRisk
        fields = ("category", "severity", "count")


class DutySerializer(serializers.ModelSerializer[StandingDuty]):
    status = serializers.ChoiceField(choices=["met", "gap", "unknown"])

    class Meta:
        model = StandingDuty
        fields = ("applies_from", "instrument", "status", "count")


class StandingSerializer(serializers.ModelSerializer[Standing]):
    score, score_best, completeness = NumberText(allow_null=True), NumberText(allow_null=True), NumberText(allow_null=True)
    cost_per_year, base_cost_per_year = NumberText(allow_null=True), NumberText(allow_null=True)
    years = YearSerializer(many=True, help_text="What each year of use costs, undiscounted; base_amount in base_currency.")
    risks = RiskSerializer(many=True, help_text="Findings left after treatment.")
    duties = DutySerializer(many=True, help_text="Obligations by the day from which they apply.")

    class Meta:
        model = Standing
        fields = (
            "read_on", "refreshed_at", "risk_class", "outcome", "recommended", "recommended_sourcing", "chosen", "chosen_sourcing", "sourcing",
            "provider", "model", "score", "score_best", "completeness", "currency", "cost_per_year", "cost_complete", "base_currency",
            "base_cost_per_year", "residual", "next_duty_on", "next_duty_instrument", "next_duty", "years", "risks", "duties",
        )  # fmt: skip


class PortfolioRowSerializer(serializers.ModelSerializer[Assessment]):
    use_case = serializers.CharField(source="use_case.name")
    archetype = serializers.CharField(source="use_case.archetype")
    owner = serializers.CharField(source="use_case.owner", allow_blank=True)
    status = serializers.ChoiceField(choices=Status.choices)
    facts = serializers.SerializerMethodField(help_text="What was worked out; null while it is out of date or can't be worked out.")
    facts_state = serializers.SerializerMethodField()

    class Meta:
        model = Assessment
        fields = ("id", "title", "use_case", "archetype", "owner", "status", "review_on", "facts_state", "facts")

    @extend_schema_field(StandingSerializer(allow_null=True))
    def get_facts(self, assessment: Assessment) -> object:
        return StandingSerializer(assessment.standing).data if assessment.fresh else None  # type: ignore[attr-defined]

    @extend_schema_field(serializers.ChoiceField(choices=["fresh", "refreshing", "failed"]))
    def get_facts_state(self, assessment: Assessment) -> str:
        return state_of_facts(assessment)


class Portfolio(OrganisationEndpoint):
    actions = {"GET": "read_all"}

    @operation(
        "portfolio_list", "The portfolio", tag="assessments", answer=PortfolioRowSerializer, pages=True, problems=(400, *READING),
        description=(
            "Every assessment with its class, sourcing, score, cost, risk and obligations. Facts of the chosen option, or while none is "
            "chosen of the recommended one. A filter of class, risk, sourcing or provider finds only what isn't out of date."
        ),
        parameters=[
            OpenApiParameter("q", description="In title, use case, owner, provider or model."),
            OpenApiParameter("state", enum=[EVERY, *Status.values], description="Draft, in review, returned and approved if left out."),
            OpenApiParameter("class", enum=RISK_CLASSES),
            OpenApiParameter("risk", enum=Severity.values, description="What is left is so grave or graver; none: none is left."),
            OpenApiParameter("sourcing", enum=["closed", "open", *Sourcing.values]),
            OpenApiParameter("archetype", description="Id of a kind of use case."),
            OpenApiParameter("provider", description="Its whole name; - for those that name none."),
            OpenApiParameter("review", enum=REVIEWS, description="Overdue, or due within so many days."),
            OpenApiParameter("sort", enum=[*COLUMNS, *(f"-{c}" for c in COLUMNS)], description="By title if left out."),
        ],
    )  # fmt: skip
    def get(self, request: Request, org: str) -> Response:
        try:
            filters = filters_of(request.query_params, strict=True)
        except UnknownFilter as error:
            raise ParseError(f"{error.name}: {error}") from None
        seen = visible(self.person, self.organisation, rights_of(self.person, self.organisation))
        return self.page_of(
            rows(seen, filters).prefetch_related("standing__years", "standing__risks", "standing__duties"), PortfolioRowSerializer
        )
