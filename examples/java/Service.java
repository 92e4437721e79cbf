// Decides about messages and prints events: README.md says how to run it.
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.function.Function;

public class Service {
    record Data(List<String> texts) {}
    record Question(String type, String server, Data data) {}
    record Decision(String decision, Integer code, String message) {}
    record Event(String id, String type, String subject, JsonObject data) {}

    static final Gson GSON = new Gson();

    static Decision decide(Question question) {
        var texts = Objects.requireNonNullElse(question.data().texts(), List.<String>of());
        if (question.type().equals("message.send") && texts.toString().toLowerCase().contains("casino")) {
            int code = question.server().equals("openim") ? 20005 : 120005;
            return new Decision("refuse", code, "no advertising");
        }
        return new Decision("allow", null, null);
    }

    // Your database remembers ids better, because this set is lost with the process.
    static final Set<String> SEEN = ConcurrentHashMap.newKeySet();

    static Decision take(Event event) {
        if (SEEN.add(event.id())) {
            System.out.println(event.type() + " " + event.subject() + " " + event.data());
        }
        return null;
    }

    /** Answers requests that are signed with the secret in this variable, and refuses all others. */
    static <T> void serve(HttpServer server, String path, String variable, Class<T> sent, Function<T, Decision> respond)
            throws Exception {
        var webhook = new Webhook(Objects.requireNonNull(System.getenv(variable), variable));
        server.createContext(path, exchange -> {
            var body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
            try {
                webhook.verify(body, exchange.getRequestHeaders());
            } catch (WebhookVerificationException error) {
                exchange.sendResponseHeaders(401, -1);
                return;
            }
            var answer = respond.apply(GSON.fromJson(body, sent));
            if (answer == null) {
                exchange.sendResponseHeaders(204, -1);
                return;
            }
            exchange.getResponseHeaders().set("content-type", "application/json");
            exchange.sendResponseHeaders(200, 0);
            try (var response = exchange.getResponseBody()) {
                response.write(GSON.toJson(answer).getBytes(UTF_8));
            }
        });
    }

    public static void main(String[] arguments) throws Exception {
        System.setProperty("sun.net.httpserver.nodelay", "true");
        System.setProperty("sun.net.httpserver.idleInterval", "120");
        var set = System.getenv();
        var address = new InetSocketAddress(
                set.getOrDefault("ADDRESS", "127.0.0.1"), Integer.parseInt(set.getOrDefault("PORT", "8080")));
        var server = HttpServer.create(address, 0);
        serve(server, "/decide", "DECISION_SECRET", Question.class, Service::decide);
        serve(server, "/events", "DELIVERY_SECRET", Event.class, Service::take);
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
    }
}
