// faker.js: FOLDER COUNT FILE [TEMPLATE]. JSON lines: the template rendered by `faker.fake`, as the Kinesis Data
// Generator does, or without one the three calls written by hand.
const path = require("path");
const fs = require("fs");
const [folder, count, out, templateFile] = process.argv.slice(2);
const faker = require(path.join(folder, "node_modules", "faker"));
const template = templateFile && fs.readFileSync(templateFile, "utf8").trim().replace(/\n/g, "");
const render = template ? () => faker.fake(template) : () => JSON.stringify(threeCalls());
const started = process.hrtime.bigint();
const file = fs.openSync(out, "w");
let lines = [];
for (let i = 0; i < Number(count); i++) {
  lines.push(render());
  if (lines.length === 10000) {
    fs.writeSync(file, lines.join("\n") + "\n");
    lines = [];
  }
}
fs.writeSync(file, lines.join("\n") + (lines.length ? "\n" : ""));
fs.closeSync(file);
const seconds = Number(process.hrtime.bigint() - started) / 1e9;
console.log(JSON.stringify({ records: Number(count), seconds, peak_mib: process.memoryUsage().rss / 1048576 }));

function threeCalls() {
  return {
    sensor_id: faker.random.number(50),
    current_temperature: faker.random.number({ min: 0, max: 150 }),
    location: faker.random.arrayElement(["AUS", "USA", "UK"]),
  };
}
