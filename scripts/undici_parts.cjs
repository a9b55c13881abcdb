// What the program uses of undici, without its fetch, WebSocket, cache and mock parts: a third of a start's memory and time.
// scripts/build.mjs uses this instead of the package's index.js, which does the same with all of its parts. Unit tests run
// on the package itself, so test/e2e/network_proxy.test.ts and network_tls.test.ts take every way to the network through the bundle.
const Dispatcher = require("undici/lib/dispatcher/dispatcher.js");
// All methods, as index.js does it: the parts call each other by them (ProxyAgent its client's "connect").
Object.assign(Dispatcher.prototype, require("undici/lib/api/index.js"));
exports.Agent = require("undici/lib/dispatcher/agent.js");
exports.Pool = require("undici/lib/dispatcher/pool.js");
exports.ProxyAgent = require("undici/lib/dispatcher/proxy-agent.js");
