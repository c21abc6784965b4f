// Reads {"tables": {name: schema}, "queries": [...]} and writes, for each query, what Microsoft's Kusto language service has against it:
// [[["Error" | "Warning", message], ...], ...]. A workspace with these tables and no others is assumed.
require("@kusto/language-service-next/bridge.min.js");
require("@kusto/language-service-next/Kusto.Language.Bridge.min.js");

const { GlobalState, KustoCode, Symbols } = globalThis.Kusto.Language;

function workspace(tables) {
  const members = Object.entries(tables).map(([name, schema]) => Symbols.TableSymbol.From(schema).WithName(name));
  return GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor1("workspace", members, false));
}

function diagnostics(query, globals) {
  const found = KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics();
  return Array.from({ length: found.Count }, (_, index) => {
    const one = found.getItem(index);
    return [one.Severity, `${one.Message} (at ${one.Start})`];
  });
}

const { tables, queries } = JSON.parse(require("fs").readFileSync(0, "utf-8"));
const globals = workspace(tables);
console.log(JSON.stringify(queries.map((query) => diagnostics(query, globals))));
