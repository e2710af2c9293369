import gc
import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
import_module("config.urls")  # the views are read when the server starts, not by the first request
gc.freeze()  # what was read by now stays: the collector needn't look through it, nor touch the pages that processes share
