// callbackAfterDeleteFriendCommand in JavaScript: it does what the project's own function does, as a careful user would
// write it. It contains no code of this project, and is never deployed.
//
// The client is made while the function starts and keeps its connection, which is the SDK's default. Only one client
// and one command are imported, so the bundler can leave out the rest. The environment is that of the project's
// functions.

import { createHash, timingSafeEqual } from "node:crypto";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";

const COMMAND = "callbackAfterDeleteFriendCommand";
const MAX_BODY_BYTES = 256 * 1024;
const RETENTION_SECONDS = 365 * 24 * 60 * 60;

const { OPENIM_VERIFIER, OPENIM_BASIC_USER, OPENIM_BASIC_PASSWORD, EVENTS_TABLE } = process.env;
if (OPENIM_VERIFIER !== "basic" || !OPENIM_BASIC_USER || !OPENIM_BASIC_PASSWORD || !EVENTS_TABLE) {
  throw new Error("OPENIM_VERIFIER is not basic, or user, password or table is not set");
}
const sha256 = (bytes) => createHash("sha256").update(bytes).digest();
const ACCEPTED = sha256(`${OPENIM_BASIC_USER}:${OPENIM_BASIC_PASSWORD}`);
// Without this, each start logs a warning that SDK versions from 2027 on need a newer Node.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
const dynamodb = new DynamoDBClient({
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 500, requestTimeout: 700, throwOnRequestTimeout: true },
});

/** The reason why a callback is not accepted. */
class Problem extends Error {
  constructor(status, code, message, detail = "") {
    super(message);
    Object.assign(this, { status, code, detail });
  }
}

export async function handler(event) {
  const { extendedRequestId, requestId, requestTimeEpoch } = event.requestContext;
  const id = extendedRequestId || requestId;
  const headers = Object.fromEntries(
    Object.entries(event.multiValueHeaders).map(([name, values]) => [name.toLowerCase(), values]),
  );
  const operationID = headers.operationid?.find((value) => value) ?? null;
  const line = { requestId: id, operationID, command: COMMAND };
  try {
    authenticate(headers.authorization ?? []);
    const { owner, friend } = decode(event);
    const stored = await store(id, requestTimeEpoch, operationID, owner, friend);
    log(line, "INFO", stored ? "callback stored" : "callback was stored before", { events: 1 });
    return answer(200, 0, "", "", 0);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    const { status, code, message, detail } = problem;
    log(line, "WARN", "callback refused", { code, problem: message, detail });
    const details = [detail, operationID && `(operationID ${operationID})`].filter((part) => part);
    return answer(status, code, message, details.join(" "), 1);
  }
}

function authenticate(values) {
  const [scheme, credentials] = values.length === 1 ? values[0].split(" ", 2) : [];
  const right = timingSafeEqual(sha256(Buffer.from(credentials ?? "", "base64")), ACCEPTED);
  if (scheme?.toLowerCase() !== "basic" || !right) {
    throw new Problem(401, 29001, "the caller is not authorized");
  }
}

/** Reads the user who deleted a friend, and that friend. */
function decode(event) {
  if (event.httpMethod !== "POST") {
    throw new Problem(405, 29002, "a callback is sent with POST", `the method is ${event.httpMethod}`);
  }
  const bytes = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");
  if (bytes.length > MAX_BODY_BYTES) {
    throw new Problem(413, 29003, "the body is too large", `${bytes.length} bytes, ${MAX_BODY_BYTES} are read`);
  }
  let text, callback;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Problem(400, 29005, "the body is not UTF-8");
  }
  if (text.trim() === "") throw new Problem(400, 29004, "the body is empty", "expected a JSON object");
  try {
    callback = JSON.parse(text);
  } catch {
    throw new Problem(400, 29006, "the body is not JSON");
  }
  if (callback === null || typeof callback !== "object" || Array.isArray(callback)) {
    throw new Problem(400, 29007, "the body does not fit the command", "$: expected an object");
  }
  const inPath = event.path.replace(/\/+$/, "").split("/").at(-1);
  const named = [inPath, callback.callbackCommand].filter((name) => name);
  if (named.length === 0 || named.some((name) => name !== COMMAND)) {
    throw new Problem(400, 29009, "path, query and body name different commands");
  }
  return { owner: userId(callback, "ownerUserID"), friend: userId(callback, "friendUserID") };
}

function userId(callback, field) {
  const value = callback[field];
  if (typeof value !== "string" || value === "" || Buffer.byteLength(value) > 1000) {
    throw new Problem(400, 29007, "the body does not fit the command", `$.${field}: expected a user id`);
  }
  return value;
}

/** Writes the event. Returns whether it is new. */
async function store(id, receivedMillis, operationID, owner, friend) {
  const receivedAt = new Date(receivedMillis).toISOString();
  const Item = {
    pk: { S: `user#${owner}` },
    sk: { S: `${receivedAt}#${id}` },
    id: { S: id },
    received_at: { S: receivedAt },
    source: { S: "openim" },
    command: { S: COMMAND },
    ...(operationID && { operation_id: { S: operationID } }),
    family: { S: "relation" },
    events: { L: [{ M: { type: { S: "friend_deleted" }, owner: { S: owner }, friend: { S: friend } } }] },
    v: { N: "2" },
    expires_at: { N: String(Math.floor(receivedMillis / 1000) + RETENTION_SECONDS) },
  };
  try {
    const ConditionExpression = "attribute_not_exists(pk)";
    await dynamodb.send(new PutItemCommand({ TableName: EVENTS_TABLE, Item, ConditionExpression }));
    return true;
  } catch (error) {
    if (error.name === "ConditionalCheckFailedException") return false;
    log({ requestId: id }, "ERROR", "the event was not stored", { error: String(error), event: Item });
    throw new Problem(503, 29011, "the event could not be stored");
  }
}

function log(line, level, message, fields) {
  process.stdout.write(`${JSON.stringify({ timestamp: new Date(), level, message, ...line, ...fields })}\n`);
}

function answer(statusCode, errCode, errMsg, errDlt, nextCode) {
  const body = JSON.stringify({ actionCode: 0, errCode, errMsg, errDlt, nextCode });
  return { statusCode, headers: { "content-type": "application/json" }, body, isBase64Encoded: false };
}
