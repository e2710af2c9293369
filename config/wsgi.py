import gc
import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
import_module("config.urls")  # the views are read when the server starts, not by the first request
# What was read by now stays: the collector needn't look through it, nor touch the pages that processes share. What a request makes goes by itself
# when it ends, but for few cycles, so that isn't looked through several times while it is worked on either.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
