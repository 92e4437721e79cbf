"""Prints template.yaml as SAM translates it, as JSON: translated.py FILE [Parameter=value ...]

It still has every resource with a condition, whether the condition holds or not.
"""

import json
import sys

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse
from boto3 import Session

template = yaml_parse(open(sys.argv[1], encoding="utf-8"))
parameters = dict(argument.split("=", 1) for argument in sys.argv[2:])
for name, parameter in template["Parameters"].items():
    if "Default" in parameter:
        parameters.setdefault(name, parameter["Default"])
# `sam deploy` uploads the code first and writes its address here.
for resource in template["Resources"].values():
    if resource["Type"] == "AWS::Serverless::Function":
        resource["Properties"]["CodeUri"] = "s3://bucket/key"
session = Session(region_name="eu-central-1")
translated = Translator({}, Parser(), boto_session=session).translate(template, parameters)
json.dump(translated, sys.stdout)
