import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.events import tell_by
from accounts.models import User


class Command(BaseCommand):
    """In the place of Django's command of this name, which the trail wouldn't be told of."""

    help = "Give a person a temporary password, which signs nothing until they have changed it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the person's address")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"Nobody has the address {email}.")
        password = getpass.getpass(f"Temporary password for {user.name}: ")
        if getpass.getpass("Again: ") != password:
            raise CommandError("The two aren't the same, so nothing was changed.")
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        user.set_password(password)
        user.temporary_password = True
        with transaction.atomic():
            user.save(update_fields=["password", "temporary_password"])
            tell_by(None, "person.password_set", user)
        self.stdout.write(f"{user.name} signs in with it, and is to change it. Their sessions are ended.")
