"""Completes a stack's REST API in MiniStack 1.5.33, which imports only a part of an API definition.

AWS reads `x-amazon-apigateway-any-method` and the gateway responses from the definition that SAM makes of
template.yaml; MiniStack ignores them. This program takes both from the deployed stack's processed template, so
nothing about the API is written twice.

To send a batch to a queue, a role needs `sqs:SendMessage` in AWS, and `sqs:SendMessageBatch` in MiniStack. So the role
that sends batches gets that, too.

usage: finish_ministack_api.py STACK    prints {"api": <id>, "stage": <name>, "answers": {<response type>: <body>},
                                                and the stack's outputs}
"""

import json
import re
import sys

import botocore.session

stack = sys.argv[1]
session = botocore.session.get_session()
cloudformation = session.create_client("cloudformation")
gateway = session.create_client("apigateway")

resources = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
physical = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}
processed = cloudformation.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
logical_id, api = next(
    (name, resource["Properties"])
    for name, resource in processed["Resources"].items()
    if resource["Type"] == "AWS::ApiGateway::RestApi"
)
api_id = physical[logical_id]


def function_uri(integration):
    """The integration's address, with this stack's names instead of CloudFormation's references."""

    def arn(reference):
        return f"arn:aws:lambda:{session.get_config_variable('region')}:000000000000:function:{physical[reference[1]]}"

    uri = re.sub(r"\$\{(\w+)\.Arn\}", arn, integration["uri"]["Fn::Sub"])
    return uri.replace("${AWS::Region}", session.get_config_variable("region")).replace("${AWS::Partition}", "aws")


if "PublishRole" in physical and "DeliveriesQueue" in physical:
    statement = {"Effect": "Allow", "Action": "sqs:SendMessageBatch", "Resource": "*"}
    session.create_client("iam").put_role_policy(
        RoleName=physical["PublishRole"],
        PolicyName="batches",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )

ids = {resource["path"]: resource["id"] for resource in gateway.get_resources(restApiId=api_id, limit=500)["items"]}
for path, methods in api["Body"]["paths"].items():
    if "x-amazon-apigateway-any-method" not in methods:
        continue
    integration = methods["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"]
    method = {"restApiId": api_id, "resourceId": ids[path], "httpMethod": "ANY"}
    gateway.put_method(**method, authorizationType="NONE")
    gateway.put_integration(**method, type="AWS_PROXY", integrationHttpMethod="POST", uri=function_uri(integration))
description = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
parameters = {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in description["Parameters"]}


def chosen(body):
    """The value that Fn::FindInMap gives: a map of the template, looked up with a parameter's value."""
    name, choice, attribute = body["Fn::FindInMap"]
    return processed["Mappings"][name][parameters[choice["Ref"]]][attribute]


for kind, response in api["Body"]["x-amazon-apigateway-gateway-responses"].items():
    templates = {media: chosen(body) for media, body in response["responseTemplates"].items()}
    gateway.put_gateway_response(restApiId=api_id, responseType=kind, responseTemplates=templates)
stage = gateway.get_stages(restApiId=api_id)["item"][0]["stageName"]
deployment = gateway.create_deployment(restApiId=api_id)["id"]
gateway.update_stage(
    restApiId=api_id,
    stageName=stage,
    patchOperations=[{"op": "replace", "path": "/deploymentId", "value": deployment}],
)
answers = {
    response["responseType"]: response["responseTemplates"]["application/json"]
    for response in gateway.get_gateway_responses(restApiId=api_id, limit=500)["items"]
}
outputs = {output["OutputKey"]: output["OutputValue"] for output in description["Outputs"]}
print(json.dumps({"api": api_id, "stage": stage, "answers": answers, **outputs}))
