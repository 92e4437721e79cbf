"""Counts the resources that SAM's transform makes of a template, with those whose conditions are false.

usage: count_resources.py TEMPLATE    prints the number
"""

import os
import sys

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    """The template uses no managed policies of AWS."""

    def load(self):
        return {}


os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
with open(sys.argv[1], encoding="utf-8") as file:
    template = yaml_parse(file.read())
for resource in template["Resources"].values():
    # `sam deploy` uploads the folder and writes its address here.
    if "CodeUri" in resource["Properties"]:
        resource["Properties"]["CodeUri"] = "s3://bucket/key"
print(len(transform(template, {}, NoManagedPolicies())["Resources"]))
