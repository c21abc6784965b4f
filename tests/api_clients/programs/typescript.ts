// A whole request with the types that openapi-typescript generates: the arguments are the base URL and the key.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { argv: string[]; stdin: { once(event: "data", listener: () => void): void; unref(): void } };

const [base, key] = process.argv.slice(2) as [string, string];
const api = createClient<paths>({ baseUrl: base, headers: { "x-functions-key": key } });
const body: components["schemas"]["NewResetRequest"] = {
  targets: [{ customer: "contoso", users: ["adele@contoso.com"] }],
  reason: "Lost phone",
  requester: "tech@msp.example",
};

function present<T>(answer: { data?: T; error?: components["schemas"]["Problem"] }): T {
  if (answer.data === undefined) throw new Error(answer.error?.detail ?? "no data");
  return answer.data;
}

const created = present(await api.POST("/api/reset-requests", { body }));
console.log(created.id);
await new Promise<void>((resolve) => process.stdin.once("data", resolve)); // approved meanwhile
process.stdin.unref();

const path = { id: created.id };
const request = present(await api.GET("/api/reset-requests/{id}", { params: { path } }));
const targets = present(await api.GET("/api/reset-requests/{id}/targets", { params: { path, query: { limit: 10 } } })).value;
const users = present(await api.GET("/api/users", { params: { query: { customers: "contoso", enabled: true, limit: 5 } } }));
const customers = present(await api.GET("/api/customers"));
const unknown = await api.GET("/api/reset-requests/{id}", { params: { path: { id: "none" } } });
const ended: string | null = request.endedAt;

console.log(
  JSON.stringify({
    status: request.status,
    ended: ended !== null && new Date(ended).getFullYear() > 2000,
    outcomes: targets.map((target) => target.outcome),
    methods: [...new Set(targets.flatMap((target) => target.methods.map((method) => method.outcome)))].sort(),
    customers: customers.value.map((customer) => customer.customer).sort(),
    users: users.value.length,
    unknown: unknown.error?.type,
  }),
);
