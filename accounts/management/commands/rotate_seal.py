from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Organisation
from accounts.seal import SealUnreadable, rotate


class Command(BaseCommand):
    help = (
        "Give an organisation a new key to seal with, or take the one that SEAL_PKCS12 newly holds. The former certificate is kept, so that "
        "what was sealed with it can still be checked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organisation", help="its name in addresses, such as meridian-bank")
        parser.add_argument("--reason", default="", help="why, for the trail")

    def handle(self, *args: Any, organisation: str, reason: str, **options: Any) -> None:
        row = Organisation.objects.filter(slug=organisation).first()
        if row is None:
            raise CommandError(f"There is no organisation {organisation!r}.")
        try:
            former, current = rotate(row, reason=reason.strip())
        except SealUnreadable as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{row.name} seals with the certificate {current} from now on.")
        if former is not None:
            self.stdout.write(f"The former one, {former}, is kept: what was sealed with it can still be checked.")
        self.stdout.write("Tell those who check its documents the new certificate's fingerprint.")
