import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * The least that can be measured against: API 2.0 with one page of ready-made gzip files, served from memory. It checks
 * nothing, because what is measured is the program and not the fake.
 */
export async function startBenchServer(
  files: readonly Buffer[],
): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    if (pathname === "/oauth/token") {
      json({ access_token: "bench", token_type: "Bearer", expires_in: 1799 });
    } else if (pathname.startsWith("/file/")) {
      const file = files[Number(pathname.slice(6))] as Buffer;
      response.writeHead(200, {
        "content-type": "application/gzip",
        "content-length": file.length,
      });
      response.end(file);
    } else {
      const { port } = server.address() as AddressInfo;
      const first = searchParams.get("nextPage") === null && searchParams.get("type") === "receipt";
      const value = (first ? files : []).map((file, index) => ({
        url: `http://127.0.0.1:${port}/file/${index}`,
        size: file.length,
      }));
      json({ value, "@nextPage": "bench", isCaughtUp: !first });
    }

    function json(body: unknown): void {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}
