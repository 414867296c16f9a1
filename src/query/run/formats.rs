//! File formats by their short names: the classes that the catalog keeps for them.

use crate::catalog::SerdeInfo;

/// A short name with its classes.
pub(super) struct FileClasses {
    pub(super) name: &'static str,
    pub(super) input: &'static str,
    pub(super) output: &'static str,
    pub(super) serde: &'static str,
}

pub(super) const LAZY_SIMPLE: &str = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
pub(super) const HIVE_JSON: &str = "org.apache.hive.hcatalog.data.JsonSerDe";

/// The format of text.
pub(super) const TEXTFILE: &FileClasses = &FORMATS[0];

/// What `STORED AS` knows. Source: Hive's `StorageFormatDescriptor`s.
const FORMATS: [FileClasses; 7] = [
    FileClasses {
        name: "TEXTFILE",
        input: "org.apache.hadoop.mapred.TextInputFormat",
        output: "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        serde: LAZY_SIMPLE,
    },
    FileClasses {
        name: "PARQUET",
        input: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        output: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        serde: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    },
    FileClasses {
        name: "ORC",
        input: "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
        output: "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
        serde: "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
    },
    FileClasses {
        name: "AVRO",
        input: "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
        output: "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
        serde: "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
    },
    FileClasses {
        name: "SEQUENCEFILE",
        input: "org.apache.hadoop.mapred.SequenceFileInputFormat",
        output: "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat",
        serde: LAZY_SIMPLE,
    },
    FileClasses {
        name: "RCFILE",
        input: "org.apache.hadoop.hive.ql.io.RCFileInputFormat",
        output: "org.apache.hadoop.hive.ql.io.RCFileOutputFormat",
        serde: "org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe",
    },
    FileClasses {
        name: "ION",
        input: "com.amazon.ionhiveserde.formats.IonInputFormat",
        output: "com.amazon.ionhiveserde.formats.IonOutputFormat",
        serde: "com.amazon.ionhiveserde.IonHiveSerDe",
    },
];

/// The classes of a format by its name in upper case.
pub(super) fn classes(name: &str) -> Option<&'static FileClasses> {
    FORMATS.iter().find(|format| format.name == name)
}

/// The names that `STORED AS` knows.
pub(super) fn names() -> String {
    FORMATS.iter().map(|format| format.name).collect::<Vec<_>>().join(", ")
}

/// A SerDe without settings but Hive's usual one.
pub(super) fn serde(class: &str) -> SerdeInfo {
    let parameters = [("serialization.format".to_owned(), "1".to_owned())].into();
    SerdeInfo { name: None, serialization_library: class.to_owned(), parameters }
}
