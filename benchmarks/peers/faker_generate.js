// faker.js: FOLDER COUNT FILE. The three calls of the template, written as JSON lines.
const path = require("path");
const fs = require("fs");
const [folder, count, out] = process.argv.slice(2);
const faker = require(path.join(folder, "node_modules", "faker"));
const started = process.hrtime.bigint();
const file = fs.openSync(out, "w");
let lines = [];
for (let i = 0; i < Number(count); i++) {
  const record = {
    sensor_id: faker.random.number(50),
    current_temperature: faker.random.number({ min: 0, max: 150 }),
    location: faker.random.arrayElement(["AUS", "USA", "UK"]),
  };
  lines.push(JSON.stringify(record));
  if (lines.length === 10000) {
    fs.writeSync(file, lines.join("\n") + "\n");
    lines = [];
  }
}
fs.writeSync(file, lines.join("\n") + (lines.length ? "\n" : ""));
fs.closeSync(file);
const seconds = Number(process.hrtime.bigint() - started) / 1e9;
console.log(JSON.stringify({ records: Number(count), seconds, peak_mib: process.memoryUsage().rss / 1048576 }));
