// Lambda's runtime client in JavaScript: takes an event and sends the answer, over one connection.
//
// AWS's own package for this, aws-lambda-ric, is compiled at installation and needs cmake. Its latest version needs a
// newer Node. This file has the same loop, with Node's HTTP client instead of libcurl.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

import http from "node:http";
import { handler } from "./function.mjs";

const api = new URL(`http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/`);
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function call(method, path, body) {
  const headers = body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const request = http.request(new URL(path, api), { method, agent, headers }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => resolve({ headers: response.headers, text: Buffer.concat(chunks).toString() }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

for (;;) {
  const { headers, text } = await call("GET", "invocation/next");
  const awsRequestId = headers["lambda-runtime-aws-request-id"];
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"] ?? "";
  let outcome;
  try {
    const answer = await handler(JSON.parse(text), { awsRequestId, getRemainingTimeInMillis: () => deadline - Date.now() });
    outcome = ["response", answer];
  } catch (error) {
    outcome = ["error", { errorType: error.name, errorMessage: error.message, stackTrace: error.stack?.split("\n") ?? [] }];
  }
  await call("POST", `invocation/${awsRequestId}/${outcome[0]}`, JSON.stringify(outcome[1]));
}
