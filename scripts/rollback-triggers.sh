#!/usr/bin/env bash
# scripts/rollback-triggers.sh STACK: tells CloudFormation to watch these alarms of the stack for ten minutes after each
# deployment, and to take the deployment back if one is raised. Later deployments keep the setting.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-rollback-triggers.html
set -euo pipefail
stack=$1
# At most five are allowed.
alarms=("$stack-failed" "$stack-not-ready" "$stack-panicked" "$stack-only-in-log" "$stack-gateway-5xx")
found=$(aws cloudwatch describe-alarms --alarm-names "${alarms[@]}" --query 'MetricAlarms[].AlarmArn' --output json)
described=$(aws cloudformation describe-stacks --stack-name "$stack" --output json)
update=$(python3 -c '
import json, sys
arns, stack, wanted = json.loads(sys.argv[1]), json.loads(sys.argv[2])["Stacks"][0], int(sys.argv[3])
if len(arns) != wanted:
    sys.exit(f"error: {len(arns)} of {wanted} alarms exist: deploy the stack with AlarmEmail or AlarmTopicArn first")
triggers = [{"Arn": arn, "Type": "AWS::CloudWatch::Alarm"} for arn in arns]
print(json.dumps({
    "StackName": stack["StackName"],
    "UsePreviousTemplate": True,
    "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    "Parameters": [
        {"ParameterKey": one["ParameterKey"], "UsePreviousValue": True} for one in stack.get("Parameters", [])
    ],
    "RollbackConfiguration": {"RollbackTriggers": triggers, "MonitoringTimeInMinutes": 10},
}))
' "$found" "$described" "${#alarms[@]}")
aws cloudformation update-stack --cli-input-json "$update" >/dev/null
aws cloudformation wait stack-update-complete --stack-name "$stack"
printf 'a deployment is taken back if one of these is raised within ten minutes: %s\n' "${alarms[*]}"
