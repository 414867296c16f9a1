// faker.js: FOLDER SECONDS < lines of NAME<TAB>TAG. For each tag, values a second of `faker.fake`, as the Kinesis Data Generator calls it.
const [folder, seconds] = process.argv.slice(2);
const faker = require(require("path").join(folder, "node_modules", "faker"));

const lines = require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean);
const found = {};
for (const line of lines) {
  const [name, tag] = line.split("\t");
  try {
    let length = 0;
    for (let i = 0; i < 50; i++) length += faker.fake(tag).length;
    const start = process.hrtime.bigint();
    const end = start + BigInt(Math.round(Number(seconds) * 1e9));
    let count = 0;
    while (process.hrtime.bigint() < end) {
      for (let i = 0; i < 50; i++) length += faker.fake(tag).length;
      count += 50;
    }
    found[name] = count / (Number(process.hrtime.bigint() - start) / 1e9);
  } catch (error) {
    found[name] = null; // faker.js has no such function
  }
}
console.log(JSON.stringify(found));
