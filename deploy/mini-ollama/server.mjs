// The part of Ollama's HTTP interface that a client of one small model needs, over llama.cpp.
//
//   node server.mjs --weights FILE --digest SHA256 [--port 0] [--threads 1]
//
// Prints where it listens and ends with its standard input.

import { createServer } from "node:http";
import { statSync } from "node:fs";
import { parseArgs } from "node:util";
import { Model, Refusal } from "./model.mjs";

const NAME = "smollm2:135m";
/** Tokens of a context where nobody says. */
const USUAL_CONTEXT = 4096;
/** Longest question, in bytes. */
const MAX_BODY_BYTES = 8 << 20;
/** Questions that wait; more are refused. */
const MAX_QUEUE = 512;
const ROLES = ["system", "user", "assistant"];

const { values: settings } = parseArgs({
    options: {
        weights: { type: "string" },
        digest: { type: "string" },
        port: { type: "string", default: "0" },
        threads: { type: "string", default: "1" },
    },
});
if (!settings.weights || !settings.digest) {
    console.error("usage: node server.mjs --weights FILE --digest SHA256 [--port 0] [--threads 1]");
    process.exit(64);
}
const model = await Model.start(settings.weights, Number(settings.threads));

const described = () => ({
    name: NAME,
    model: NAME,
    modified_at: statSync(settings.weights).mtime.toISOString(),
    size: statSync(settings.weights).size,
    digest: settings.digest,
    details: { format: "gguf", family: "llama", families: ["llama"], parameter_size: "135M", quantization_level: "Q4_1" },
});

/** One question after the other, as a server with one place has it. */
let waiting = 0;
let line = Promise.resolve();
function inTurn(work) {
    if (waiting >= MAX_QUEUE) throw new Refusal(503, "server busy, please try again.  maximum pending requests exceeded");
    waiting += 1;
    const turn = line.then(work).finally(() => (waiting -= 1));
    line = turn.catch(() => {});
    return turn;
}

async function read(request) {
    const chunks = [];
    let length = 0;
    for await (const chunk of request) {
        length += chunk.length;
        if (length > MAX_BODY_BYTES) throw new Refusal(413, "the body is too long");
        chunks.push(chunk);
    }
    try {
        return JSON.parse(Buffer.concat(chunks).toString("utf8"));
    } catch {
        throw new Refusal(400, "the body is not JSON");
    }
}

function check(body) {
    if (!body || typeof body !== "object" || Array.isArray(body)) throw new Refusal(400, "the body is no object");
    if (!body.model) throw new Refusal(400, "model is required");
    if (body.model !== NAME) throw new Refusal(404, `model '${body.model}' not found`);
    if (body.think) throw new Refusal(400, `"${NAME}" does not support thinking`);
    const isText = (message) => ROLES.includes(message?.role) && typeof message?.content === "string";
    if (!Array.isArray(body.messages) || !body.messages.every(isText)) throw new Refusal(400, "invalid messages");
    const isFormat = [undefined, null, "", "json"].includes(body.format) || typeof body.format === "object";
    if (!isFormat) throw new Refusal(400, 'invalid format; expected "json" or a valid JSON Schema object');
}

/** The tokens of the question; what is too long is refused, or loses its oldest messages. */
function fitted(body) {
    const messages = [...body.messages];
    for (;;) {
        const tokens = model.tokens(messages);
        if (tokens.length < model.contextTokens) return tokens;
        const oldest = messages.findIndex((message) => message.role !== "system");
        if (body.truncate === false || oldest < 0 || oldest === messages.length - 1) {
            throw new Refusal(400, "the input length exceeds the context length");
        }
        messages.splice(oldest, 1);
    }
}

async function chat(body, response) {
    const began = process.hrtime.bigint();
    const options = body.options ?? {};
    const load_duration = await model.load(options.num_ctx ?? USUAL_CONTEXT);
    const line = (fields) => JSON.stringify({ model: NAME, created_at: new Date().toISOString(), ...fields });
    if (body.messages.length === 0) {
        send(response, 200, line({ message: { role: "assistant", content: "" }, done: true, done_reason: "load" }));
        return;
    }
    const tokens = fitted(body);
    const streams = body.stream !== false;
    const pieces = model.answer(tokens, { options, format: body.format, isGone: () => response.destroyed });
    let text = "";
    for (;;) {
        // The first piece comes before the head, so that a refusal has its status.
        const { done, value } = await pieces.next();
        if (streams && !response.headersSent) response.writeHead(200, { "content-type": "application/x-ndjson" });
        if (!done) {
            text += value;
            if (streams) response.write(`${line({ message: { role: "assistant", content: value }, done: false })}\n`);
            continue;
        }
        const total_duration = Number(process.hrtime.bigint() - began);
        const last = line({
            message: { role: "assistant", content: streams ? "" : text },
            done: true,
            done_reason: value.reason,
            total_duration,
            load_duration,
            ...value.counted,
        });
        if (streams) response.end(`${last}\n`);
        else send(response, 200, last);
        return;
    }
}

function send(response, status, text, type = "application/json") {
    response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text) });
    response.end(text);
}

async function answer(request, response) {
    const json = (body) => send(response, 200, JSON.stringify(body));
    switch (`${request.method} ${request.url}`) {
        case "GET /":
        case "HEAD /":
            return send(response, 200, "Ollama is running", "text/plain");
        case "GET /api/version":
            return json({ version: "0.0.0-mini" });
        case "GET /api/tags":
            return json({ models: [described()] });
        case "GET /api/ps":
            return json({ models: model.isLoaded ? [{ ...described(), context_length: model.contextTokens, size_vram: 0 }] : [] });
        case "POST /api/chat": {
            const body = await read(request);
            check(body);
            return inTurn(() => chat(body, response));
        }
        default:
            return send(response, 404, JSON.stringify({ error: "404 page not found" }));
    }
}

const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
        const reason = JSON.stringify({ error: error.message });
        if (!response.headersSent) send(response, error.status ?? 500, reason);
        else response.end(`${reason}\n`);
    });
});
server.listen(Number(settings.port), "127.0.0.1", () => {
    console.log(`OLLAMA_BASE_URL=http://127.0.0.1:${server.address().port}`);
});

process.stdin.resume();
process.stdin.on("end", () => {
    server.closeAllConnections();
    server.close(async () => {
        await model.close();
        process.exit(0);
    });
});
