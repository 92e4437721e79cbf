"""callbackAfterDeleteFriendCommand in Python: it does what the project's own function does, as a careful user would
write it. It contains no code of this project, and is never deployed.

The client is made while the function starts, and keeps its connection. It is the low-level client, which is faster
than a resource. The environment is that of the project's functions.
"""

import base64
import hashlib
import hmac
import json
import os
import time
from datetime import datetime, timezone

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

COMMAND = "callbackAfterDeleteFriendCommand"
MAX_BODY_BYTES = 256 * 1024
RETENTION_SECONDS = 365 * 24 * 60 * 60

if os.environ["OPENIM_VERIFIER"] != "basic":
    raise ValueError("OPENIM_VERIFIER is not basic")
ACCEPTED = hashlib.sha256(f"{os.environ['OPENIM_BASIC_USER']}:{os.environ['OPENIM_BASIC_PASSWORD']}".encode()).digest()
TABLE = os.environ["EVENTS_TABLE"]
DYNAMODB = boto3.client("dynamodb", region_name=os.environ["AWS_REGION"], config=Config(
    connect_timeout=0.5, read_timeout=0.7, tcp_keepalive=True, retries={"mode": "standard", "total_max_attempts": 2}))


class Problem(Exception):
    """The reason why a callback is not accepted."""

    def __init__(self, status, code, message, detail=""):
        super().__init__(message)
        self.status, self.code, self.message, self.detail = status, code, message, detail


def handler(event, context):
    context_of_request = event["requestContext"]
    request_id = context_of_request.get("extendedRequestId") or context_of_request["requestId"]
    headers = {name.lower(): values for name, values in event["multiValueHeaders"].items()}
    operation_id = next(filter(None, headers.get("operationid", [])), None)
    line = {"requestId": request_id, "operationID": operation_id, "command": COMMAND}
    try:
        authenticate(headers.get("authorization", []))
        owner, friend = decode(event)
        stored = store(request_id, context_of_request["requestTimeEpoch"], operation_id, owner, friend)
    except Problem as problem:
        log(line, "WARN", "callback refused", code=problem.code, problem=problem.message, detail=problem.detail)
        detail = " ".join(filter(None, [problem.detail, operation_id and f"(operationID {operation_id})"]))
        return answer(problem.status, problem.code, problem.message, detail, 1)
    log(line, "INFO", "callback stored" if stored else "callback was stored before", events=1)
    return answer(200, 0, "", "", 0)


def authenticate(values):
    scheme, _, credentials = (values[0] if len(values) == 1 else "").partition(" ")
    try:
        given = base64.b64decode(credentials, validate=True)
    except ValueError:
        given = b""
    right = hmac.compare_digest(hashlib.sha256(given).digest(), ACCEPTED)
    if scheme.lower() != "basic" or not right:
        raise Problem(401, 29001, "the caller is not authorized")


def decode(event):
    """Reads the user who deleted a friend, and that friend."""
    if event["httpMethod"] != "POST":
        raise Problem(405, 29002, "a callback is sent with POST", f"the method is {event['httpMethod']}")
    body = event["body"] or ""
    body = base64.b64decode(body) if event["isBase64Encoded"] else body.encode()
    if len(body) > MAX_BODY_BYTES:
        raise Problem(413, 29003, "the body is too large", f"{len(body)} bytes, {MAX_BODY_BYTES} are read")
    if not body.strip():
        raise Problem(400, 29004, "the body is empty", "expected a JSON object")
    try:
        callback = json.loads(body.decode())
    except UnicodeDecodeError:
        raise Problem(400, 29005, "the body is not UTF-8") from None
    except (ValueError, RecursionError):
        raise Problem(400, 29006, "the body is not JSON") from None
    if not isinstance(callback, dict):
        raise Problem(400, 29007, "the body does not fit the command", "$: expected an object")
    in_path = event["path"].rstrip("/").rpartition("/")[2]
    named = {name for name in (in_path, callback.get("callbackCommand")) if name}
    if named != {COMMAND}:
        raise Problem(400, 29009, "path, query and body name different commands")
    return user_id(callback, "ownerUserID"), user_id(callback, "friendUserID")


def user_id(callback, field):
    value = callback.get(field)
    if not isinstance(value, str) or not 0 < len(value.encode()) <= 1000:
        raise Problem(400, 29007, "the body does not fit the command", f"$.{field}: expected a user id")
    return value


def store(request_id, received_millis, operation_id, owner, friend):
    """Writes the event. Returns whether it is new."""
    received_at = datetime.fromtimestamp(received_millis // 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    received_at += f".{received_millis % 1000:03}Z"
    event = {"type": {"S": "friend_deleted"}, "owner": {"S": owner}, "friend": {"S": friend}}
    item = {
        "pk": {"S": f"user#{owner}"},
        "sk": {"S": f"{received_at}#{request_id}"},
        "id": {"S": request_id},
        "received_at": {"S": received_at},
        "source": {"S": "openim"},
        "command": {"S": COMMAND},
        "family": {"S": "relation"},
        "events": {"L": [{"M": event}]},
        "v": {"N": "2"},
        "expires_at": {"N": str(received_millis // 1000 + RETENTION_SECONDS)},
    }
    if operation_id:
        item["operation_id"] = {"S": operation_id}
    try:
        DYNAMODB.put_item(TableName=TABLE, Item=item, ConditionExpression="attribute_not_exists(pk)")
    except DYNAMODB.exceptions.ConditionalCheckFailedException:
        return False
    except (BotoCoreError, ClientError) as error:
        print(json.dumps({"level": "ERROR", "message": "the event was not stored", "error": str(error), "event": item}))
        raise Problem(503, 29011, "the event could not be stored") from error
    return True


def log(line, level, message, **fields):
    now = datetime.fromtimestamp(time.time(), timezone.utc).isoformat()
    print(json.dumps({"timestamp": now, "level": level, "message": message, **line, **fields}))


def answer(status, code, message, detail, next_code):
    body = {"actionCode": 0, "errCode": code, "errMsg": message, "errDlt": detail, "nextCode": next_code}
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body, separators=(",", ":")),
        "isBase64Encoded": False,
    }
