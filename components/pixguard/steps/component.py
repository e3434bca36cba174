"""How every step is made a KFP component: images that hold pixguard already, nothing installed when a step starts."""

from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from typing import Any

from kfp import dsl

SPARK_IMAGE = f"pixguard-spark:{version('pixguard')}"
TRAIN_IMAGE = f"pixguard-train:{version('pixguard')}"

_component: Callable[..., Any] = partial(dsl.component, install_kfp_package=False, packages_to_install=None)
spark_step = _component(base_image=SPARK_IMAGE)
train_step = _component(base_image=TRAIN_IMAGE)
