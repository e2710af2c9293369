"""The types of the catalogue's fields, and how strictly its classes take them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, StringConstraints

STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True, arbitrary_types_allowed=False)

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*$", max_length=80)]
CategoryId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$", max_length=80)]
Text = Annotated[str, StringConstraints(min_length=2, max_length=4000)]
Condition = Annotated[str, StringConstraints(min_length=1, max_length=1000)]

Scope = Literal["use_case", "option"]
Sourcing = Literal["closed_api", "managed_open", "self_hosted_open", "on_device_open"]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
QuestionType = Literal["choice", "choices", "number", "date", "text"]
Severity = Literal["low", "medium", "high", "critical"]
Role = Literal["risk_officer", "contributor", "approver", "auditor", "administrator"]
Verification = Literal["primary", "secondary", "computed", "to_check", "judgement"]
RiskClass = Literal["out_of_scope", "prohibited", "high", "limited", "minimal"]
ActRole = Literal["provider", "deployer", "importer", "distributor", "product-manufacturer", "authorised-representative", "anyone"]
