# ruff: noqa: N999 - the name that a person types
"""Entry of the app: ``streamlit run workbench/Home.py``. The server imports this file, each session runs it."""

from starlette.middleware import Middleware
from streamlit.starlette import App

from fer_models import plugins
from fer_models.folders import cache_folder
from fer_models.storage import remove_leftovers_of_the_dead
from workbench import warm_up
from workbench.own_origin import OwnOrigin
from workbench.password import Password
from workbench.uploads_in_memory import UploadsInMemory

plugins.load()
if __name__ == "__main__":
    from workbench import script  # caches are declared where a server runs

    script.run()
else:
    remove_leftovers_of_the_dead(cache_folder())
    warm_up.start()
    app = App(__file__, middleware=[Middleware(Password), Middleware(OwnOrigin), Middleware(UploadsInMemory)])
