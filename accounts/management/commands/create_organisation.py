from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Organisation
from accounts.services import organisation_create


class Command(BaseCommand):
    help = "Create an organisation with its first administrator, and print that person's temporary password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="its name in addresses, such as meridian-bank")
        parser.add_argument("--name", required=True, help="its name as people read it")
        parser.add_argument("--admin-email", required=True)
        parser.add_argument("--admin-name", default="Administrator")

    def handle(self, *args: Any, slug: str, name: str, admin_email: str, admin_name: str, **options: Any) -> None:
        try:
            if Organisation.objects.filter(slug=slug).exists():
                raise CommandError(f"There is an organisation {slug!r} already; choose another name for the address.")
            _, user, password = organisation_create(slug=slug, name=name, administrator_email=admin_email, administrator_name=admin_name)
        except ValidationError as error:
            wrong = error.message_dict if hasattr(error, "error_dict") else {"wrong": error.messages}
            raise CommandError("; ".join(f"{name}: {' '.join(texts)}" for name, texts in wrong.items())) from None
        self.stdout.write(f"Created {name}. {user.email} signs in " + (f"with {password}" if password else "with the password they have"))
