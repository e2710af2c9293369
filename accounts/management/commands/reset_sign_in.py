from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.resetting import factors_remove, provider_disconnect


class Command(BaseCommand):
    help = (
        "Remove a person's second factors, or disconnect them from their provider, where they have lost them; their sessions end, and they are "
        "told by mail. It is for people of several organisations: for others an administrator does it, on the page People."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the person's address")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--factors", action="store_true", help="remove the authenticator app, the passkeys and the recovery codes")
        what.add_argument("--provider", default="", help="disconnect from this provider, by its identifier, such as oidc")
        parser.add_argument("--reason", required=True, help="why: for the trail, and for the mail to the person")

    def handle(self, *args: Any, email: str, factors: bool, provider: str, reason: str, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"Nobody has the address {email}.")
        try:
            if factors:
                removed = factors_remove(actor=None, organisation=None, user=user, reason=reason)
                self.stdout.write(f"Removed of {user.name}: {', '.join(removed)}. Their sessions are ended.")
            else:
                provider_disconnect(actor=None, organisation=None, user=user, provider=provider, reason=reason)
                self.stdout.write(f"{user.name} is disconnected from {provider}. Their sessions are ended.")
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
