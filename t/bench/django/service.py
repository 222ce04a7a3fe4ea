# SPDX-License-Identifier: Apache-2.0
"""The smallest service with the tokens of Django REST framework: a view for
who has a token, which answers the bytes of a file, and the same view open.

    service.py fill N     makes the database BENCH_DB with N accounts
    gunicorn service:application
"""
import hashlib
import os
import sys

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="of no use to anybody",
    DEBUG=False,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[],
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth",
                    "rest_framework", "rest_framework.authtoken"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3",
                           "NAME": os.environ["BENCH_DB"],
                           "CONN_MAX_AGE": None}},
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES":
            ["rest_framework.authentication.TokenAuthentication"],
        "DEFAULT_PERMISSION_CLASSES":
            ["rest_framework.permissions.IsAuthenticated"]},
)
django.setup()

from django.core.wsgi import get_wsgi_application   # noqa: E402
from django.http import HttpResponse                # noqa: E402
from django.urls import path                        # noqa: E402
from rest_framework.permissions import AllowAny     # noqa: E402
from rest_framework.views import APIView            # noqa: E402

BODY = b"x" * (int(os.environ["BENCH_SIZE"]) - 1) + b"\n"


class Protected(APIView):
    def get(self, request):
        return HttpResponse(BODY, content_type="text/plain")


class Open(Protected):
    authentication_classes = []
    permission_classes = [AllowAny]


urlpatterns = [path("protected/", Protected.as_view()),
               path("open/", Open.as_view())]
application = get_wsgi_application()


def fill(number):
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from rest_framework.authtoken.models import Token
    call_command("migrate", verbosity=0)
    User.objects.bulk_create(
        User(username="user%d" % n, password="!")
        for n in range(1, number + 1))
    Token.objects.bulk_create(
        Token(user=user, key=hashlib.sha1(
            b"token " + user.username[4:].encode()).hexdigest())
        for user in User.objects.all())


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "fill":
        sys.exit(__doc__)
    fill(int(sys.argv[2]))
