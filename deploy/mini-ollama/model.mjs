// One model and its context: words in, tokens out.

import { getLlama, LlamaGrammarEvaluationState } from "node-llama-cpp";

/** A question that cannot be answered as it is put: status and reason. */
export class Refusal extends Error {
    constructor(status, reason) {
        super(reason);
        this.status = status;
    }
}

const nanoseconds = (since) => Number(process.hrtime.bigint() - since);

export class Model {
    #llama;
    #model;
    #context;
    #sequence;
    #contextTokens = 0;

    /** Starts the runtime; the weights are loaded with the first question. */
    static async start(path, threads) {
        const made = new Model();
        made.path = path;
        made.threads = threads;
        made.#llama = await getLlama({ gpu: false, build: "never", logLevel: "error", maxThreads: threads });
        return made;
    }

    get isLoaded() {
        return this.#context !== undefined;
    }

    get contextTokens() {
        return this.#contextTokens;
    }

    /** Loads what is not loaded; another size of the context is another context. Says how long it took. */
    async load(contextTokens) {
        const began = process.hrtime.bigint();
        this.#model ??= await this.#llama.loadModel({ modelPath: this.path });
        const wanted = Math.min(contextTokens, this.#model.trainContextSize);
        if (wanted === this.#contextTokens) return 0;
        await this.#context?.dispose();
        this.#context = await this.#model.createContext({ contextSize: wanted, threads: this.threads });
        this.#sequence = this.#context.getSequence();
        this.#contextTokens = wanted;
        return nanoseconds(began);
    }

    /** The tokens of a conversation. Words of others never become tokens that steer. */
    tokens(messages) {
        const steer = (text) => this.#model.tokenize(text, true);
        const said = messages.flatMap(({ role, content }) => [
            ...steer(`<|im_start|>${role}\n`),
            ...this.#model.tokenize(content, false),
            ...steer("<|im_end|>\n"),
        ]);
        return [...said, ...steer("<|im_start|>assistant\n")];
    }

    async #grammar(format) {
        if (format === undefined || format === null || format === "") return undefined;
        try {
            const grammar =
                format === "json"
                    ? await this.#llama.getGrammarFor("json")
                    : await this.#llama.createGrammarForJsonSchema(format);
            return new LlamaGrammarEvaluationState({ model: this.#model, grammar });
        } catch (error) {
            throw new Refusal(400, `invalid format: ${error.message}`);
        }
    }

    /** Answers, piece by piece; returns why it ended and what was counted. */
    async *answer(tokens, { options, format, isGone }) {
        const grammar = await this.#grammar(format);
        await this.#sequence.clearHistory();
        const room = this.#contextTokens - tokens.length;
        const asked = options.num_predict ?? -1;
        const limit = asked >= 0 ? Math.min(asked, room) : room;
        const began = process.hrtime.bigint();
        const counted = { prompt_eval_count: tokens.length, prompt_eval_duration: 0, eval_count: 0, eval_duration: 0 };
        const seen = new Text(this.#model, options.stop ?? []);
        let reason = "stop";
        for await (const token of this.#sequence.evaluate(tokens, this.#sampling(options, grammar))) {
            counted.prompt_eval_duration ||= nanoseconds(began);
            counted.eval_count += 1;
            const piece = seen.add(token);
            if (piece) yield piece;
            // The grammar would let spaces follow an object without end.
            if (seen.hasEnded || isGone() || (grammar && seen.isWholeJson)) break;
            if (counted.eval_count >= limit) {
                reason = "length";
                break;
            }
        }
        const rest = seen.rest();
        if (rest) yield rest;
        counted.prompt_eval_duration ||= nanoseconds(began);
        counted.eval_duration = nanoseconds(began) - counted.prompt_eval_duration;
        return { reason, counted };
    }

    #sampling(options, grammar) {
        return {
            temperature: options.temperature ?? 0.8,
            topK: options.top_k ?? 40,
            topP: options.top_p ?? 0.9,
            seed: options.seed,
            grammarEvaluationState: grammar,
        };
    }

    /** Gives everything back. */
    async close() {
        await this.#context?.dispose();
        await this.#model?.dispose();
        await this.#llama.dispose();
    }
}

/** Text that grows by tokens, which may be parts of letters, up to a text at which it ends. */
class Text {
    #held = [];
    #pending = "";
    #all = "";
    hasEnded = false;

    constructor(model, stops) {
        this.model = model;
        this.stops = [stops].flat().filter((stop) => stop !== "");
        this.longest = Math.max(0, ...this.stops.map((stop) => stop.length - 1));
    }

    /** What is certain to belong to the answer by now. */
    add(token) {
        this.#held.push(token);
        const text = this.model.detokenize(this.#held);
        // A letter whose bytes are not all here.
        if (text.endsWith("\ufffd") && this.#held.length < 4) return "";
        this.#held = [];
        this.#all += text;
        this.#pending += text;
        const ends = this.stops.map((stop) => this.#pending.indexOf(stop)).filter((at) => at >= 0);
        if (ends.length > 0) {
            this.hasEnded = true;
            this.#pending = this.#pending.slice(0, Math.min(...ends));
            return this.rest();
        }
        const sure = Math.max(0, this.#pending.length - this.longest);
        const piece = this.#pending.slice(0, sure);
        this.#pending = this.#pending.slice(sure);
        return piece;
    }

    get isWholeJson() {
        if (!this.#all.trimEnd().endsWith("}")) return false;
        try {
            JSON.parse(this.#all);
            return true;
        } catch {
            return false;
        }
    }

    /** What was held back. */
    rest() {
        const rest = this.#pending + (this.hasEnded ? "" : this.model.detokenize(this.#held));
        this.#pending = "";
        this.#held = [];
        return rest;
    }
}
