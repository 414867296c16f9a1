//! Words that the crate `fake` does not have, short lists of our own. No entry holds what a JSON string cannot.

/// Colours.
pub(super) const COLOURS: &[&str] = &[
    "red",
    "green",
    "blue",
    "yellow",
    "orange",
    "purple",
    "pink",
    "brown",
    "black",
    "white",
    "grey",
    "silver",
    "gold",
    "teal",
    "cyan",
    "magenta",
    "maroon",
    "olive",
    "navy",
    "lime",
    "indigo",
    "violet",
    "turquoise",
    "lavender",
    "salmon",
    "plum",
    "ivory",
    "tan",
    "azure",
    "orchid",
    "mint green",
    "sky blue",
];

/// Departments of a shop.
pub(super) const DEPARTMENTS: &[&str] = &[
    "Books",
    "Films",
    "Music",
    "Games",
    "Electronics",
    "Computers",
    "Home",
    "Garden",
    "Tools",
    "Grocery",
    "Health",
    "Beauty",
    "Toys",
    "Kids",
    "Baby",
    "Clothing",
    "Shoes",
    "Jewelry",
    "Sports",
    "Outdoors",
    "Automotive",
    "Industrial",
];

/// What is said of products.
pub(super) const PRODUCT_ADJECTIVES: &[&str] = &[
    "Small",
    "Ergonomic",
    "Rustic",
    "Intelligent",
    "Gorgeous",
    "Incredible",
    "Fantastic",
    "Practical",
    "Sleek",
    "Awesome",
    "Generic",
    "Handcrafted",
    "Handmade",
    "Licensed",
    "Refined",
    "Unbranded",
    "Tasty",
    "Compact",
    "Durable",
    "Elegant",
    "Lightweight",
    "Modern",
    "Portable",
    "Sturdy",
    "Vintage",
];

/// What products are made of.
pub(super) const MATERIALS: &[&str] = &[
    "Steel", "Wooden", "Concrete", "Plastic", "Cotton", "Granite", "Rubber", "Metal", "Soft", "Fresh", "Frozen",
    "Bamboo", "Bronze", "Ceramic", "Copper", "Glass", "Leather", "Linen", "Marble", "Paper", "Silk", "Wool",
];

/// Products.
pub(super) const PRODUCTS: &[&str] = &[
    "Chair", "Car", "Computer", "Keyboard", "Mouse", "Bike", "Ball", "Gloves", "Pants", "Shirt", "Table", "Shoes",
    "Hat", "Towels", "Soap", "Tuna", "Chicken", "Fish", "Cheese", "Bacon", "Pizza", "Salad", "Sausages", "Chips",
    "Bottle", "Clock", "Lamp", "Mug", "Pillow", "Wallet", "Watch", "Umbrella",
];

/// Counties.
pub(super) const COUNTIES: &[&str] = &[
    "Avon",
    "Bedfordshire",
    "Berkshire",
    "Borders",
    "Buckinghamshire",
    "Cambridgeshire",
    "Cheshire",
    "Clwyd",
    "Cornwall",
    "Cumbria",
    "Derbyshire",
    "Devon",
    "Dorset",
    "Durham",
    "Essex",
    "Fife",
    "Gloucestershire",
    "Gwent",
    "Hampshire",
    "Hertfordshire",
    "Kent",
    "Lancashire",
    "Leicestershire",
    "Lincolnshire",
    "Norfolk",
    "Northamptonshire",
    "Northumberland",
    "Nottinghamshire",
    "Oxfordshire",
    "Powys",
    "Rutland",
    "Shropshire",
    "Somerset",
    "Staffordshire",
    "Suffolk",
    "Surrey",
    "Warwickshire",
    "Wiltshire",
    "Worcestershire",
];

/// Directions before a street's name.
pub(super) const COMPASS_POINTS: &[&str] = &["N", "NE", "E", "SE", "S", "SW", "W", "NW"];

/// Kinds of accounts.
pub(super) const ACCOUNT_TYPES: &[&str] =
    &["Checking", "Savings", "Money Market", "Investment", "Home Loan", "Credit Card", "Auto Loan", "Personal Loan"];

/// Kinds of transactions.
pub(super) const TRANSACTION_TYPES: &[&str] = &["deposit", "withdrawal", "payment", "invoice"];

/// Abbreviations of the trade.
pub(super) const ABBREVIATIONS: &[&str] = &[
    "TCP", "HTTP", "SDD", "RAM", "GB", "CSS", "SSL", "AGP", "SQL", "FTP", "PCI", "AI", "ADP", "RSS", "XML", "EXE",
    "COM", "HDD", "THX", "SMTP", "SMS", "USB", "PNG", "SAS", "IB", "SCSI", "JSON", "XSS", "JBOD", "API", "DNS", "UDP",
];

/// What machines are in films.
pub(super) const HACKER_ADJECTIVES: &[&str] = &[
    "auxiliary",
    "primary",
    "back-end",
    "digital",
    "open-source",
    "virtual",
    "cross-platform",
    "redundant",
    "online",
    "haptic",
    "multi-byte",
    "bluetooth",
    "wireless",
    "neural",
    "optical",
    "solid state",
    "mobile",
    "encrypted",
    "distributed",
    "remote",
];

/// Parts of machines in films.
pub(super) const HACKER_NOUNS: &[&str] = &[
    "driver",
    "protocol",
    "bandwidth",
    "panel",
    "microchip",
    "program",
    "port",
    "card",
    "array",
    "interface",
    "system",
    "sensor",
    "firewall",
    "hard drive",
    "pixel",
    "alarm",
    "feed",
    "monitor",
    "application",
    "transmitter",
    "bus",
    "circuit",
    "capacitor",
    "matrix",
    "cache",
    "kernel",
];

/// What is done to them.
pub(super) const HACKER_VERBS: &[&str] = &[
    "back up",
    "bypass",
    "hack",
    "override",
    "compress",
    "copy",
    "navigate",
    "index",
    "connect",
    "generate",
    "quantify",
    "calculate",
    "synthesize",
    "input",
    "transmit",
    "program",
    "reboot",
    "parse",
    "encrypt",
    "trace",
];

/// What is being done to them.
pub(super) const HACKER_INGVERBS: &[&str] = &[
    "backing up",
    "bypassing",
    "hacking",
    "overriding",
    "compressing",
    "copying",
    "navigating",
    "indexing",
    "connecting",
    "generating",
    "quantifying",
    "calculating",
    "synthesizing",
    "transmitting",
    "programming",
    "parsing",
    "encrypting",
    "tracing",
];

/// Sentences of films: `{a}` an abbreviation, `{j}` an adjective, `{n}` a noun, `{v}` a verb, `{i}` a verb in -ing.
pub(super) const HACKER_PHRASES: &[&str] = &[
    "once we {v} the {n}, the {a} {n} is ours through the {j} {a} {n}!",
    "we have to {v} the {j} {a} {n} before they see us!",
    "try to {v} the {a} {n}, it could {v} the {j} {n}!",
    "nobody can {v} the {n} without {i} the {j} {a} {n}!",
    "use the {j} {a} {n}, then you can {v} the {j} {n}!",
    "the {a} {n} is down, {v} the {j} {n} so we can {v} the {a} {n}!",
    "{i} the {n} does nothing, we need to {v} the {j} {a} {n}!",
    "I'll {v} the {j} {a} {n}, that should {v} the {a} {n}!",
];

/// Months.
pub(super) const MONTHS: &[&str] = &[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Months, short.
pub(super) const MONTH_ABBREVIATIONS: &[&str] =
    &["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Days of the week.
pub(super) const WEEKDAYS: &[&str] = &["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Days of the week, short.
pub(super) const WEEKDAY_ABBREVIATIONS: &[&str] = &["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// Formats of telephone numbers.
pub(super) const PHONE_FORMATS: &[&str] = &[
    "###-###-####",
    "(###) ###-####",
    "1-###-###-####",
    "###.###.####",
    "###-###-#### x###",
    "(###) ###-#### x###",
    "1-###-###-#### x###",
    "###.###.#### x###",
    "###-###-#### x####",
    "(###) ###-#### x####",
    "1-###-###-#### x####",
    "###.###.#### x####",
    "###-###-#### x#####",
    "(###) ###-#### x#####",
    "1-###-###-#### x#####",
    "###.###.#### x#####",
    "+1 ### ### ####",
    "### ### ####",
    "1 (###) ###-####",
    "##########",
];

/// The languages that faker.js has.
pub(super) const LOCALES: &[&str] = &[
    "az",
    "cz",
    "de",
    "de_AT",
    "de_CH",
    "en",
    "en_AU",
    "en_BORK",
    "en_CA",
    "en_GB",
    "en_IE",
    "en_IND",
    "en_US",
    "en_au_ocker",
    "es",
    "es_MX",
    "fa",
    "fr",
    "fr_CA",
    "ge",
    "id_ID",
    "it",
    "ja",
    "ko",
    "nb_NO",
    "nep",
    "nl",
    "pl",
    "pt_BR",
    "ru",
    "sk",
    "sv",
    "tr",
    "uk",
    "vi",
];

/// Beginnings of made-up handles.
pub(super) const HANDLE_HEADS: &[&str] = &[
    "blue", "quiet", "pixel", "river", "north", "swift", "paper", "lucky", "copper", "velvet", "sunny", "echo",
    "maple", "silver", "wild", "cosmic",
];

/// Ends of made-up handles.
pub(super) const HANDLE_TAILS: &[&str] = &[
    "fox", "otter", "coder", "sparrow", "panda", "walker", "maker", "smith", "falcon", "hill", "works", "labs",
    "badger", "heron", "stone", "lane",
];

/// Extensions that are met every day.
pub(super) const COMMON_EXTENSIONS: &[&str] =
    &["pdf", "mp3", "wav", "mp4", "mpeg", "avi", "txt", "html", "png", "jpg", "gif", "csv", "json", "zip"];

/// Kinds of files that are met every day.
pub(super) const COMMON_TYPES: &[&str] = &["video", "audio", "image", "text", "application"];

/// Directories.
pub(super) const DIRECTORIES: &[&str] = &[
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/media",
    "/mnt",
    "/opt",
    "/root",
    "/sbin",
    "/srv",
    "/sys",
    "/tmp",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/local/bin",
    "/usr/share",
    "/var",
    "/var/log",
    "/var/mail",
    "/var/spool",
    "/var/tmp",
];

/// MIME types, each with the extension of its files.
pub(super) const MIME_TYPES: &[(&str, &str)] = &[
    ("application/gzip", "gz"),
    ("application/java-archive", "jar"),
    ("application/javascript", "js"),
    ("application/json", "json"),
    ("application/msword", "doc"),
    ("application/octet-stream", "bin"),
    ("application/ogg", "ogx"),
    ("application/pdf", "pdf"),
    ("application/postscript", "ps"),
    ("application/rtf", "rtf"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.ms-powerpoint", "ppt"),
    ("application/vnd.oasis.opendocument.text", "odt"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("application/xml", "xml"),
    ("application/x-7z-compressed", "7z"),
    ("application/x-sh", "sh"),
    ("application/x-tar", "tar"),
    ("application/zip", "zip"),
    ("audio/aac", "aac"),
    ("audio/midi", "mid"),
    ("audio/mpeg", "mp3"),
    ("audio/ogg", "oga"),
    ("audio/wav", "wav"),
    ("audio/webm", "weba"),
    ("font/otf", "otf"),
    ("font/ttf", "ttf"),
    ("font/woff", "woff"),
    ("font/woff2", "woff2"),
    ("image/bmp", "bmp"),
    ("image/gif", "gif"),
    ("image/jpeg", "jpg"),
    ("image/png", "png"),
    ("image/svg+xml", "svg"),
    ("image/tiff", "tiff"),
    ("image/webp", "webp"),
    ("text/calendar", "ics"),
    ("text/css", "css"),
    ("text/csv", "csv"),
    ("text/html", "html"),
    ("text/markdown", "md"),
    ("text/plain", "txt"),
    ("text/tab-separated-values", "tsv"),
    ("video/mp4", "mp4"),
    ("video/mpeg", "mpeg"),
    ("video/ogg", "ogv"),
    ("video/quicktime", "mov"),
    ("video/webm", "webm"),
    ("video/x-msvideo", "avi"),
];

/// The MIME type at `place`.
pub(super) fn mime(place: u64) -> (&'static str, &'static str) {
    MIME_TYPES.get(place as usize).copied().unwrap_or(("application/octet-stream", "bin"))
}

#[cfg(test)]
mod tests;
