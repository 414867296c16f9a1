use std::path::Path;

use super::*;

fn options(trees: usize, sample: usize, dimensions: usize, seed: u64) -> ForestOptions {
    ForestOptions { trees, sample, time_decay: 100_000.0, dimensions, seed, threads: 2 }
}

/// Points that wander, with a few far away.
fn walk(points: usize, dimensions: usize, seed: u64) -> Vec<f64> {
    let mut random = Random::new(seed, 99);
    let mut at = vec![0.0; dimensions];
    let mut values = Vec::with_capacity(points * dimensions);
    for point in 0..points {
        for value in &mut at {
            *value += random.unit() - 0.5;
            values.push(*value * 0.9 + if point % 97 == 96 { 25.0 } else { 0.0 });
        }
    }
    values
}

#[test]
fn scores_do_not_depend_on_threads_or_batches() {
    let points = walk(2_000, 2, 1);
    let together = Forest::new(options(30, 64, 2, 5)).score_and_update(&points);
    let mut single = Forest::new(ForestOptions { threads: 1, ..options(30, 64, 2, 5) });
    let one_by_one: Vec<f64> = points.chunks(2).flat_map(|point| single.score_and_update(point)).collect();
    assert_eq!(together, one_by_one);
    assert!(Forest::new(options(30, 64, 2, 6)).score_and_update(&points) != together, "the seed matters");
}

#[test]
fn a_forest_goes_on_exactly_where_it_was_written() {
    let points = walk(3_000, 1, 2);
    let mut forest = Forest::new(options(10, 100, 1, 1));
    forest.score_and_update(&points[..1_500]);
    let mut out = Writer::default();
    forest.write(&mut out);
    let bytes = out.finish();
    let mut input = Reader::new(&bytes);
    let mut restored = Forest::read(&mut input, options(10, 100, 1, 1)).unwrap();
    assert!(input.end().is_ok());
    assert_eq!(restored.score_and_update(&points[1_500..]), forest.score_and_update(&points[1_500..]));
}

#[test]
fn attributions_add_up_to_the_score_and_point_at_the_dimension() {
    let mut points = walk(1_000, 3, 4);
    points.extend([0.0, -500.0, 0.0]);
    let scores = Forest::new(options(20, 128, 3, 8)).score_and_update(&points);
    let parts = Forest::new(options(20, 128, 3, 8)).attribute_and_update(&points);
    for (score, part) in scores.iter().zip(&parts) {
        assert!((score - part.score()).abs() < 1e-9, "{score} {part:?}");
    }
    let last = &parts[1_000];
    assert!(last.low[1] > 0.8 * last.score(), "{last:?}");
}

#[test]
fn equal_points_score_as_the_service_scored_them() {
    let mut forest = Forest::new(options(20, 256, 1, 1));
    let scores = forest.score_and_update(&vec![45.0; 400]);
    assert!(scores[256..].iter().all(|score| (score - 8.0 / 257.0).abs() < 1e-12), "{:?}", scores[300]);
}

#[test]
fn scores_agree_with_the_open_implementation() {
    let points = walk(3_000, 2, 7);
    let ours = Forest::new(options(100, 256, 2, 3)).score_and_update(&points);
    let mut theirs = krcf::RandomCutForest::new(krcf::RandomCutForestOptions {
        dimensions: 2,
        shingle_size: 1,
        num_trees: Some(100),
        sample_size: Some(256),
        output_after: Some(256),
        random_seed: Some(11),
        lambda: Some(1e-5),
        ..Default::default()
    })
    .unwrap();
    let theirs: Vec<f64> = points
        .chunks(2)
        .map(|point| {
            let point = [point[0] as f32, point[1] as f32];
            let score = theirs.score(&point).unwrap();
            theirs.update(&point).unwrap();
            score
        })
        .collect();
    assert!(pearson(&ours[256..], &theirs[256..]) > 0.97);
    let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len() as f64;
    assert!((mean(&ours[256..]) / mean(&theirs[256..]) - 1.0).abs() < 0.1);
}

/// Scores that the service's own function gave, and the criterion that comes with them.
#[test]
fn recorded_scores_of_the_service_are_met() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/rcf");
    for seed in [1, 20_190_821, 77] {
        let mut correlations = Vec::new();
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "csv") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let number = |line: &str, field: usize| line.split(',').nth(field).unwrap().parse::<f64>().unwrap();
            let values: Vec<f64> = text.lines().skip(1).map(|line| number(line, 1)).collect();
            let recorded: Vec<f64> = text.lines().skip(1).map(|line| number(line, 2)).collect();
            let scores = Forest::new(options(100, 256, 1, seed)).score_and_update(&values);
            let (ours, theirs) = (&scores[256..], &recorded[256..]);
            assert!(ours.iter().all(|score| score.is_finite() && *score > 0.0));
            let (linear, ranked) = (pearson(ours, theirs), pearson(&ranks(ours), &ranks(theirs)));
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            assert!(linear >= 0.95 && ranked >= 0.80, "{name}, seed {seed}: {linear:.4} {ranked:.4}");
            correlations.push(linear);
            println!("{name} {seed}: Pearson {linear:.4}, Spearman {ranked:.4}");
        }
        correlations.sort_by(f64::total_cmp);
        assert_eq!(correlations.len(), 8);
        let median = f64::midpoint(correlations[3], correlations[4]);
        assert!(median >= 0.98, "seed {seed}: {median:.4}");
    }
}

fn pearson(a: &[f64], b: &[f64]) -> f64 {
    let count = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / count, b.iter().sum::<f64>() / count);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        ab += (x - mean_a) * (y - mean_b);
        aa += (x - mean_a) * (x - mean_a);
        bb += (y - mean_b) * (y - mean_b);
    }
    ab / (aa * bb).sqrt()
}

/// Ranks, the average one for ties.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    for tied in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let first = order.partition_point(|place| values[*place] < values[tied[0]]);
        tied.iter().for_each(|place| ranks[*place] = first as f64 + (tied.len() as f64 - 1.0) / 2.0);
    }
    ranks
}
