#!/usr/bin/env node
// A webhook receiver without libraries: verifies the signature of each event itself and prints the event.
//
//   SIGNALBOX_SECRET=whsec_... node receiver.mjs [PORT]

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const largestEvent = 1 << 20; // bytes
const tolerance = 5 * 60; // seconds that a timestamp may be off; older requests may be replays

const secret = process.env.SIGNALBOX_SECRET ?? "";
if (!secret.startsWith("whsec_")) {
  console.error("set SIGNALBOX_SECRET to the webhook's secret (whsec_...)");
  process.exit(2);
}
const key = Buffer.from(secret.slice("whsec_".length), "base64");

/** Why a request is not to be believed, or undefined when it is. */
function objection(headers, body) {
  const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures } = headers;
  if (!id || !timestamp || !signatures) return "a webhook header is missing";
  if (!/^\d+$/.test(timestamp) || Math.abs(Date.now() / 1000 - Number(timestamp)) > tolerance) return "the timestamp is too far off";
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
  // There can be several signatures, while a secret is being replaced.
  const isSigned = signatures.split(" ").some((signature) => {
    const [version, value] = signature.split(",");
    const given = Buffer.from(value ?? "", "base64");
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
  return isSigned ? undefined : "no signature matches";
}

async function bodyOf(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > largestEvent) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const server = createServer(async (request, response) => {
  const body = await bodyOf(request).catch(() => undefined);
  if (body === undefined) return response.writeHead(413, { connection: "close" }).end();
  const problem = objection(request.headers, body);
  if (problem) {
    console.log(`refused: ${problem}`);
    return response.writeHead(401).end();
  }
  const event = JSON.parse(body);
  console.log(`verified: ${event.type} ${event.subject ?? ""} sequence ${event.sequence} id ${request.headers["webhook-id"]}`);
  response.writeHead(204).end();
});

server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => {
  console.log(`receiving on http://127.0.0.1:${server.address().port}/`);
});
