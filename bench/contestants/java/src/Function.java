import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.crac.Core;
import org.crac.Resource;
import software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.StandardRetryStrategy;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;

/**
 * callbackAfterDeleteFriendCommand in Java: it does what the project's own function does, as a careful user would write
 * it. It contains no code of this project, and is never deployed.
 *
 * <p>The client is made while the function starts and keeps its connection. Region, credentials and HTTP client are
 * named, so the SDK does not search for them. The environment is that of the project's functions.
 */
public class Function
    implements RequestHandler<APIGatewayProxyRequestEvent, APIGatewayProxyResponseEvent>, Resource {

  private static final String COMMAND = "callbackAfterDeleteFriendCommand";
  private static final int MAX_BODY_BYTES = 256 * 1024;
  private static final long RETENTION_SECONDS = 365L * 24 * 60 * 60;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
  private static final Gson GSON = new Gson();

  private final String table = required("EVENTS_TABLE");
  private final byte[] accepted;
  private final DynamoDbClient dynamodb;

  public Function() {
    if (!required("OPENIM_VERIFIER").equals("basic")) {
      throw new IllegalStateException("OPENIM_VERIFIER is not basic");
    }
    String credentials = required("OPENIM_BASIC_USER") + ":" + required("OPENIM_BASIC_PASSWORD");
    accepted = sha256(credentials.getBytes(StandardCharsets.UTF_8));
    dynamodb =
        DynamoDbClient.builder()
            .region(Region.of(required("AWS_REGION")))
            .credentialsProvider(EnvironmentVariableCredentialsProvider.create())
            .httpClientBuilder(
                UrlConnectionHttpClient.builder()
                    .connectionTimeout(Duration.ofMillis(500))
                    .socketTimeout(Duration.ofMillis(700)))
            .overrideConfiguration(
                it -> it.retryStrategy(StandardRetryStrategy.builder().maxAttempts(2).build()))
            .build();
    Core.getGlobalContext().register(this);
  }

  /** The reason why a callback is not accepted. */
  private static class Problem extends Exception {
    final int status;
    final int code;
    final String detail;

    Problem(int status, int code, String message, String detail) {
      super(message, null, false, false);
      this.status = status;
      this.code = code;
      this.detail = detail;
    }
  }

  private record Friends(String owner, String friend) {}

  @Override
  public APIGatewayProxyResponseEvent handleRequest(APIGatewayProxyRequestEvent event, Context context) {
    var request = event.getRequestContext();
    String id = isEmpty(request.getExtendedRequestId()) ? request.getRequestId() : request.getExtendedRequestId();
    Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    headers.putAll(event.getMultiValueHeaders());
    String operationId =
        headers.getOrDefault("operationID", List.of()).stream().filter(it -> !it.isEmpty()).findFirst().orElse(null);
    Map<String, Object> line = new HashMap<>();
    line.put("requestId", id);
    line.put("operationID", operationId);
    line.put("command", COMMAND);
    try {
      authenticate(headers.getOrDefault("authorization", List.of()));
      Friends friends = decode(event);
      boolean stored = store(id, request.getRequestTimeEpoch(), operationId, friends);
      line.put("events", 1);
      log("INFO", stored ? "callback stored" : "callback was stored before", line);
      return answer(200, 0, "", "", 0);
    } catch (Problem problem) {
      line.put("code", problem.code);
      line.put("problem", problem.getMessage());
      line.put("detail", problem.detail);
      log("WARN", "callback refused", line);
      String detail = operationId == null ? problem.detail : problem.detail + " (operationID " + operationId + ")";
      return answer(problem.status, problem.code, problem.getMessage(), detail.strip(), 1);
    }
  }

  /** Before Lambda takes a snapshot: loads what a callback needs. The condition never holds, so nothing is written. */
  @Override
  public void beforeCheckpoint(org.crac.Context<? extends Resource> context) {
    var headers = Map.of("authorization", List.of("Basic "), "operationID", List.of("prime"));
    var request = new APIGatewayProxyRequestEvent.ProxyRequestContext();
    request.setRequestId("prime");
    request.setRequestTimeEpoch(0L);
    var event =
        new APIGatewayProxyRequestEvent()
            .withHttpMethod("POST")
            .withPath("/" + COMMAND)
            .withBody("{\"ownerUserID\":\"prime\",\"friendUserID\":\"prime\"}")
            .withMultiValueHeaders(headers)
            .withRequestContext(request);
    handleRequest(event, null);
    try {
      decode(event);
      put(item("prime", 0, "prime", new Friends("prime", "prime")), "attribute_exists(pk)");
    } catch (Problem | SdkException expected) {
      // The condition does not hold.
    }
  }

  @Override
  public void afterRestore(org.crac.Context<? extends Resource> context) {}

  private void authenticate(List<String> values) throws Problem {
    String[] parts = values.size() == 1 ? values.get(0).split(" ", 2) : new String[] {""};
    byte[] given = {};
    try {
      given = Base64.getDecoder().decode(parts.length == 2 ? parts[1] : "");
    } catch (IllegalArgumentException notBase64) {
      // Compared below, so a wrong form takes as long as a wrong password.
    }
    boolean right = MessageDigest.isEqual(sha256(given), accepted);
    if (!parts[0].equalsIgnoreCase("basic") || !right) {
      throw new Problem(401, 29001, "the caller is not authorized", "");
    }
  }

  /** Reads the user who deleted a friend, and that friend. */
  private static Friends decode(APIGatewayProxyRequestEvent event) throws Problem {
    if (!"POST".equals(event.getHttpMethod())) {
      throw new Problem(405, 29002, "a callback is sent with POST", "the method is " + event.getHttpMethod());
    }
    String body = event.getBody() == null ? "" : event.getBody();
    boolean isBase64 = Boolean.TRUE.equals(event.getIsBase64Encoded());
    byte[] bytes = isBase64 ? Base64.getDecoder().decode(body) : body.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > MAX_BODY_BYTES) {
      String detail = bytes.length + " bytes, " + MAX_BODY_BYTES + " are read";
      throw new Problem(413, 29003, "the body is too large", detail);
    }
    if (isBase64) {
      try {
        body = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      } catch (CharacterCodingException notUtf8) {
        throw new Problem(400, 29005, "the body is not UTF-8", "");
      }
    }
    if (body.isBlank()) {
      throw new Problem(400, 29004, "the body is empty", "expected a JSON object");
    }
    JsonElement callback;
    try {
      callback = JsonParser.parseString(body);
    } catch (JsonParseException notJson) {
      throw new Problem(400, 29006, "the body is not JSON", "");
    }
    if (!callback.isJsonObject()) {
      throw new Problem(400, 29007, "the body does not fit the command", "$: expected an object");
    }
    JsonObject fields = callback.getAsJsonObject();
    String path = event.getPath().replaceAll("/+$", "");
    String inPath = path.substring(path.lastIndexOf('/') + 1);
    String inBody = fields.has("callbackCommand") ? fields.get("callbackCommand").getAsString() : "";
    boolean isNamed = !inPath.isEmpty() || !inBody.isEmpty();
    if (!isNamed || !(inPath + COMMAND + inBody).replace(COMMAND, "").isEmpty()) {
      throw new Problem(400, 29009, "path, query and body name different commands", "");
    }
    return new Friends(userId(fields, "ownerUserID"), userId(fields, "friendUserID"));
  }

  private static String userId(JsonObject fields, String field) throws Problem {
    JsonElement value = fields.get(field);
    if (value != null && value.isJsonPrimitive() && value.getAsJsonPrimitive().isString()) {
      int length = value.getAsString().getBytes(StandardCharsets.UTF_8).length;
      if (length > 0 && length <= 1000) {
        return value.getAsString();
      }
    }
    throw new Problem(400, 29007, "the body does not fit the command", "$." + field + ": expected a user id");
  }

  /** Writes the event, and returns whether it is new. */
  private boolean store(String id, long receivedMillis, String operationId, Friends friends) throws Problem {
    var item = item(id, receivedMillis, operationId, friends);
    try {
      put(item, "attribute_not_exists(pk)");
      return true;
    } catch (ConditionalCheckFailedException exists) {
      return false;
    } catch (SdkException error) {
      log("ERROR", "the event was not stored", Map.of("requestId", id, "error", error.toString(), "event", item.toString()));
      throw new Problem(503, 29011, "the event could not be stored", "");
    }
  }

  private void put(Map<String, AttributeValue> item, String condition) {
    dynamodb.putItem(it -> it.tableName(table).item(item).conditionExpression(condition));
  }

  private static Map<String, AttributeValue> item(String id, long receivedMillis, String operationId, Friends friends) {
    String receivedAt = TIME.format(Instant.ofEpochMilli(receivedMillis));
    var event =
        Map.of("type", text("friend_deleted"), "owner", text(friends.owner()), "friend", text(friends.friend()));
    Map<String, AttributeValue> item = new HashMap<>();
    item.put("pk", text("user#" + friends.owner()));
    item.put("sk", text(receivedAt + "#" + id));
    item.put("id", text(id));
    item.put("received_at", text(receivedAt));
    item.put("source", text("openim"));
    item.put("command", text(COMMAND));
    if (operationId != null) {
      item.put("operation_id", text(operationId));
    }
    item.put("family", text("relation"));
    item.put("events", AttributeValue.fromL(List.of(AttributeValue.fromM(event))));
    item.put("v", AttributeValue.fromN("2"));
    item.put("expires_at", AttributeValue.fromN(Long.toString(receivedMillis / 1000 + RETENTION_SECONDS)));
    return item;
  }

  private static AttributeValue text(String value) {
    return AttributeValue.fromS(value);
  }

  private static void log(String level, String message, Map<String, Object> fields) {
    Map<String, Object> line = new HashMap<>(fields);
    line.put("timestamp", Instant.now().toString());
    line.put("level", level);
    line.put("message", message);
    System.out.println(GSON.toJson(line));
  }

  private static APIGatewayProxyResponseEvent answer(int status, int code, String message, String detail, int nextCode) {
    JsonObject body = new JsonObject();
    body.addProperty("actionCode", 0);
    body.addProperty("errCode", code);
    body.addProperty("errMsg", message);
    body.addProperty("errDlt", detail);
    body.addProperty("nextCode", nextCode);
    return new APIGatewayProxyResponseEvent()
        .withStatusCode(status)
        .withHeaders(Map.of("content-type", "application/json"))
        .withBody(body.toString())
        .withIsBase64Encoded(false);
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static boolean isEmpty(String text) {
    return text == null || text.isEmpty();
  }

  private static String required(String name) {
    String value = System.getenv(name);
    if (isEmpty(value)) {
      throw new IllegalStateException(name + " is not set");
    }
    return value;
  }
}
