"""Tables of people, of the organizations they belong to, and of the tokens that act for them."""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from eduvideo.core.ids import new_public_id


class Role(models.TextChoices):
    """What a person mainly does here; each role may do what the ones before it may."""

    STUDENT = "student", _("Student")
    CREATOR = "creator", _("Creator")
    STAFF = "staff", _("Staff")


class UserManager(BaseUserManager["User"]):
    """Makes users; the e-mail address is the sign-in name."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Create a user; without a password the account cannot sign in with one."""
        if not email:
            raise ValueError("A user needs an e-mail address")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.display_name = user.display_name or user.email.partition("@")[0][:60]
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, role=Role.STAFF, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account."""

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    email = models.EmailField(_("e-mail address"), unique=True)
    display_name = models.CharField(_("name"), max_length=60)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.STUDENT)
    grade = models.CharField(max_length=20, blank=True, help_text="An id of the catalogue's grades; empty if not said")
    about = models.CharField(_("about me"), max_length=500, blank=True, help_text=_("Shown on your page."))
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role_known"),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def is_staff(self) -> bool:
        """Return whether this person runs the platform (Django's admin asks this too)."""
        return self.is_active and (self.role == Role.STAFF or self.is_superuser)

    @property
    def is_creator(self) -> bool:
        """Return whether this person may upload lessons."""
        return self.is_active and self.role in {Role.CREATOR, Role.STAFF}


class MemberRole(models.TextChoices):
    """What a person is in an organization; each role may do what the ones before it may."""

    STUDENT = "student", _("Student")
    TEACHER = "teacher", _("Teacher")
    MANAGER = "manager", _("Manager")


# Who may have lessons in an organization.
TEACHING = (MemberRole.TEACHER, MemberRole.MANAGER)


MAX_ORGANIZATION_NAME = 120


class Organization(models.Model):
    """A school or another body whose members watch its lessons together."""

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    name = models.CharField(_("name"), max_length=MAX_ORGANIZATION_NAME)
    quota_bytes = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Room for the recordings of its lessons; empty is the platform's default"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    members = models.ManyToManyField(User, through="Membership", related_name="organizations")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person's role in one organization."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=MemberRole.choices, default=MemberRole.STUDENT)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=MemberRole.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.organization_id} ({self.role})"


class ApiToken(models.Model):
    """A bearer token of a program; only its hash is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    digest = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name or 'token'} of {self.user_id}"
