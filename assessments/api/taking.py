"""What is offered beside questions, and taking it over as an answer, over the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from assessments import offering
from assessments.api import inputs, serializers
from assessments.api.base import AssessmentEndpoint
from assessments.api.schema import operation
from assessments.models import Option
from assessments.offering import Offer
from assessments.permissions import Reach
from assessments.progress import Owner, Standing, standing_of

OFFERS = "offers"
TAKING = (
    "Saves what is offered with its basis, source and date. Give the revision that you saw (0 where there was no answer): if somebody saved in"
    " between you get a 409 with both answers. A 422 says that nothing is offered."
)


class Offers(AssessmentEndpoint):
    partly = True
    actions = {"GET": "view"}

    @operation(
        "offers_list", "List what is offered", tag=OFFERS, answer=serializers.OfferSerializer, pages=True,
        description="For each question that is asked now: what is published for the option's provider and model, or what the organisation says"
        " of itself. Nothing is offered to an assessment that can't be changed.",
    )  # fmt: skip
    def get(self, request: Request, **address: Any) -> Response:
        return self.page_of(offered(standing_of(self.assessment), self.reach), serializers.OfferSerializer)


def offered(standing: Standing, reach: Reach) -> list[dict[str, Any]]:
    """Every offer to a question that is asked where the person reads, in catalogue order."""
    assessment, known = standing.assessment, standing.known
    questions = [question for question in known.questions.values() if reach.reads(known.places[question.id])]
    if not assessment.is_open:
        return []
    offers: dict[Owner, Mapping[str, Offer]] = {None: offering.organisation_offers(assessment, questions)}
    offers |= {option.pk: offering.option_offers(assessment, standing.release, option) for option in standing.options}
    keys: dict[Owner, str | None] = {None: None} | {option.pk: option.key for option in standing.options}
    return [
        {
            "question": question.id,
            "option": keys[owner],
            "offer": offer,
            "taken": offer.is_taken(standing.responses.get((owner, question.id))),
        }
        for question in questions
        for owner in standing.owners(question)
        if standing.visible(question, owner) and (offer := offers[owner].get(question.id))
    ]


class _TakeOver(AssessmentEndpoint):
    partly = True
    actions = {"POST": "answer"}

    def take(self, question: str, option: Option | None) -> Response:
        values = self.given(inputs.TakeOverSerializer)
        saved = offering.take_over(actor=self.person, assessment=self.assessment, question_id=question, option=option, **values)
        return Response(serializers.ResponseSerializer(saved).data)


class UseCaseTakeOver(_TakeOver):
    @operation("responses_take_over", "Take over what the organisation says of itself", tag=OFFERS, body=inputs.TakeOverSerializer,
               changes=True, answer=serializers.ResponseSerializer, description=TAKING)  # fmt: skip
    def post(self, request: Request, question: str, **address: Any) -> Response:
        return self.take(question, None)


class OptionTakeOver(_TakeOver):
    @operation("option_responses_take_over", "Take over what is published for an option", tag=OFFERS, body=inputs.TakeOverSerializer,
               changes=True, answer=serializers.ResponseSerializer, description=TAKING)  # fmt: skip
    def post(self, request: Request, question: str, option: str, **address: Any) -> Response:
        return self.take(question, self.option(option))
