// What the program uses of undici, without its fetch, WebSocket, cache and mock parts: a third of a start's memory and time.
// scripts/build.mjs puts this in the place of the package; tests run on the package itself.
const Dispatcher = require("undici/lib/dispatcher/dispatcher.js");
Dispatcher.prototype.request = require("undici/lib/api/api-request.js");
exports.EnvHttpProxyAgent = require("undici/lib/dispatcher/env-http-proxy-agent.js");
