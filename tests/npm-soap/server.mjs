// An equal getService on the npm soap server: plain HTTP, no log, no access rules. It answers what Silta answered.
// Arguments: the WSDL, and the file of Silta's answer. Prints its address; ends with its input.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import soap from "soap";

const [wsdlFile, answerFile] = process.argv.slice(2);
const wsdl = readFileSync(wsdlFile, "utf8");
const server = createServer((_, response) => response.writeHead(404).end());
let answer;

const operation = () => answer;
const services = {};
const port = {};
for (const [, service] of wsdl.matchAll(/<(?:\w+:)?service name="([^"]+)"/g)) services[service] = {};
for (const [, name] of wsdl.matchAll(/<(?:\w+:)?port name="([^"]+)"/g)) {
  for (const service of Object.values(services)) service[name] = port;
}
port.getService = operation;

server.listen(0, "127.0.0.1", () => {
  const peer = soap.listen(server, {
    path: "/turku/catalogue/soap/v1",
    services,
    xml: wsdl,
    callback: () => {
      answer = peer.wsdl.xmlToObject(readFileSync(answerFile, "utf8")).Body.getServiceResponse;
      // The X-Road header comes back, as it must.
      peer.addSoapHeader((_method, _args, header) => header);
      console.log(`127.0.0.1:${server.address().port}`);
    },
  });
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
