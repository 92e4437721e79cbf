// Decides about messages, prints events, and is a bot: README.md says how to run it.
import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

type Question = { type: string; server: string; data: { texts?: (string | null)[]; amendable?: string[] } };
type Message = { from: string; bot?: boolean; conversation: { users?: string[] }; content?: { text?: string } };
type CloudEvent = { id: string; type: string; subject: string; data: unknown };
type Answer = [status: number, body?: object];

const { ADDRESS = "127.0.0.1", PORT = "8080", BOT_USER, OPENIM_API, OPENIM_TOKEN } = process.env;

function decide({ type, server, data }: Question): Answer {
  const texts = data.texts ?? [];
  if (!texts.some((one) => /casino/i.test(one ?? ""))) return [200, { decision: "allow" }];
  if (data.amendable?.includes("text") && texts.length === 1) {
    return [200, { decision: "amend", data: { text: texts[0]?.replace(/casino/gi, "******") } }];
  }
  if (type !== "message.send") return [200, { decision: "allow" }];
  const code = server === "openim" ? 20005 : 120005;
  return [200, { decision: "refuse", code, message: "no advertising" }];
}

// Your database remembers ids better, because this set is lost with the process.
const seen = new Set<string>();

async function take(event: CloudEvent): Promise<Answer> {
  if (seen.has(event.id)) return [204];
  seen.add(event.id);
  try {
    if (event.type === "message.message_sent") await reply(event.id, event.data as Message);
  } catch (error) {
    // The event will come again, so the bot gets another try.
    seen.delete(event.id);
    throw error;
  }
  console.log(event.type, event.subject, JSON.stringify(event.data));
  return [204];
}

// The bot's own message is an event, too. It is not answered, and neither is any other bot.
async function reply(id: string, { from, bot, conversation, content }: Message) {
  if (!BOT_USER || !conversation.users?.includes(BOT_USER) || from === BOT_USER || bot) return;
  const message = { sendID: BOT_USER, recvID: from, senderPlatformID: 10, sessionType: 1, contentType: 101 };
  const sent = await fetch(`${OPENIM_API}/msg/send_msg`, {
    method: "POST",
    headers: { "content-type": "application/json", operationID: id, token: OPENIM_TOKEN ?? "" },
    body: JSON.stringify({ ...message, content: { content: `You wrote: ${content?.text ?? "?"}` } }),
    signal: AbortSignal.timeout(10_000),
  });
  const { errCode, errMsg } = (await sent.json()) as { errCode: number; errMsg: string };
  if (errCode !== 0) throw new Error(`OpenIM did not send the message: ${errCode} ${errMsg}`);
}

const decisions = new Webhook(process.env.DECISION_SECRET ?? "");
const deliveries = new Webhook(process.env.DELIVERY_SECRET ?? "");

async function answer(request: IncomingMessage): Promise<Answer> {
  try {
    const body = await text(request);
    const signed = (webhook: Webhook) => webhook.verify(body, request.headers as Record<string, string>);
    if (request.url === "/decide") return decide(signed(decisions) as Question);
    if (request.url === "/events") return await take(signed(deliveries) as CloudEvent);
    return [404];
  } catch (error) {
    if (error instanceof WebhookVerificationError) return [401];
    console.error(error);
    return [503];
  }
}

const server = createServer(async (request, response) => {
  const [status, body] = await answer(request);
  response.writeHead(status, { "content-type": "application/json" }).end(body && JSON.stringify(body));
});
server.keepAliveTimeout = 120_000;
server.listen(Number(PORT), ADDRESS);
