//! How a head is turned: the mesh laid over the face model that the mesh network was trained on.

use contracts::people::HeadPose;

/// Points of the MediaPipe face mesh and of its canonical face model in centimetres (x to the
/// picture's right, y up, z towards the camera) with their weights: the left half of the table
/// `procrustes_landmark_basis` of MediaPipe's face geometry pipeline. The right half is its mirror
/// image; both points are named. Points in the middle stand once.
const PAIRS: [(usize, usize, [f64; 3], f64); 15] = [
    (33, 263, [-4.445859, 2.663991, 3.173422], 0.058724),
    (54, 284, [-6.279331, 6.615427, 1.42585], 0.007667),
    (67, 297, [-3.523964, 8.005976, 3.729163], 0.009078),
    (117, 346, [-5.258659, 0.945811, 2.974312], 0.009792),
    (119, 348, [-3.300681, 0.861641, 3.872784], 0.014565),
    (121, 350, [-1.820731, 1.467954, 4.224124], 0.018591),
    (127, 356, [-7.743095, 2.364999, -2.005167], 0.005198),
    (129, 358, [-1.785794, -0.978284, 4.85047], 0.120625),
    (132, 361, [-7.270895, -2.890917, -2.252455], 0.00556),
    (133, 362, [-1.856432, 2.585245, 3.757904], 0.053286),
    (136, 365, [-5.085276, -7.17859, 0.714711], 0.06689),
    (143, 372, [-6.407571, 2.236021, 1.560843], 0.014817),
    (147, 376, [-6.234883, -1.94443, 1.663542], 0.014263),
    (198, 420, [-1.246815, 0.230297, 5.681036], 0.025462),
    (205, 425, [-3.832928, -1.537326, 4.137731], 0.047252),
];
const MIDDLE: [(usize, [f64; 3], f64); 3] = [
    (4, [0.0, -0.46317, 7.58658], 0.07091),
    (6, [0.0, 2.473255, 5.788627], 0.0321),
    (10, [0.0, 8.261778, 4.481535], 0.008447),
];

/// Steps of the iteration; it squares its error at each, and four are enough for a face.
const STEPS: usize = 12;
/// Least determinant, as a share of the cube of the mean size, of a cloud that is not flat.
const LEAST_VOLUME: f64 = 1e-9;

type Vector = [f64; 3];
type Matrix = [Vector; 3];

/// The turn of a head whose mesh is `points`, as x to the right, y down and z away from the
/// camera, all in one unit. `None` if the points lie in a plane or are too few.
///
/// The rotation is the one that lays the canonical model on the points with the least weighted sum
/// of squares (Kabsch, "A solution for the best rotation to relate two sets of vectors", 1976).
/// Perspective is not modelled, so the turn is against the line from camera to head.
#[must_use]
pub fn pose(points: &[Vector]) -> Option<HeadPose> {
    let pairs = pairs(points)?;
    let total: f64 = pairs.iter().map(|(_, _, weight)| weight).sum();
    let mean = |of: fn(&(Vector, Vector, f64)) -> Vector| {
        let weighted = pairs.iter().map(|pair| scaled(of(pair), pair.2 / total));
        weighted.fold([0.0; 3], plus)
    };
    let (seen_mean, model_mean) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let mut covariance: Matrix = [[0.0; 3]; 3];
    for (seen, model, weight) in &pairs {
        let seen = plus(*seen, scaled(seen_mean, -1.0));
        let model = plus(*model, scaled(model_mean, -1.0));
        for (row, a) in covariance.iter_mut().zip(seen) {
            for (cell, b) in row.iter_mut().zip(model) {
                *cell += weight / total * a * b;
            }
        }
    }
    let [right, up, forward] = columns(rotation(covariance)?);
    Some(HeadPose {
        yaw_degrees: forward[0].atan2(forward[2]).to_degrees(),
        pitch_degrees: forward[1].clamp(-1.0, 1.0).asin().to_degrees(),
        roll_degrees: (-right[1]).atan2(up[1]).to_degrees(),
    })
}

/// Points as seen, in the axes of the model, beside those of the model, and their weights.
fn pairs(points: &[Vector]) -> Option<Vec<(Vector, Vector, f64)>> {
    let seen = |at: usize| points.get(at).map(|[x, y, z]| [*x, -y, -z]);
    let mirrored = |[x, y, z]: Vector| [-x, y, z];
    let mut pairs = Vec::with_capacity(2 * PAIRS.len() + MIDDLE.len());
    for (left, right, model, weight) in PAIRS {
        pairs.push((seen(left)?, model, weight));
        pairs.push((seen(right)?, mirrored(model), weight));
    }
    for (at, model, weight) in MIDDLE {
        pairs.push((seen(at)?, model, weight));
    }
    Some(pairs)
}

/// The rotation nearest to a matrix: its orthogonal polar factor (Higham, "Computing the polar
/// decomposition, with applications", 1986). A linear algebra crate would bring thirty packages
/// for this one problem.
fn rotation(matrix: Matrix) -> Option<Matrix> {
    let size = matrix.iter().flatten().map(|v| v.abs()).sum::<f64>() / 9.0;
    if !size.is_finite() || size <= 0.0 {
        return None;
    }
    let mut current = matrix.map(|row| scaled(row, 1.0 / size));
    if determinant(current) < LEAST_VOLUME {
        return None;
    }
    for _ in 0..STEPS {
        let inverse = inverse_transposed(current)?;
        for (row, other) in current.iter_mut().zip(inverse) {
            *row = scaled(plus(*row, other), 0.5);
        }
    }
    Some(current)
}

fn inverse_transposed(m: Matrix) -> Option<Matrix> {
    let determinant = determinant(m);
    if determinant.abs() < f64::MIN_POSITIVE {
        return None;
    }
    let [a, b, c] = m;
    let cofactors = [cross(b, c), cross(c, a), cross(a, b)];
    Some(cofactors.map(|row| scaled(row, 1.0 / determinant)))
}

fn determinant([a, b, c]: Matrix) -> f64 {
    let [x, y, z] = cross(b, c);
    a[0] * x + a[1] * y + a[2] * z
}

fn cross(a: Vector, b: Vector) -> Vector {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

fn columns([a, b, c]: Matrix) -> Matrix {
    [[a[0], b[0], c[0]], [a[1], b[1], c[1]], [a[2], b[2], c[2]]]
}

fn plus(a: Vector, b: Vector) -> Vector {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

fn scaled(a: Vector, factor: f64) -> Vector {
    a.map(|value| value * factor)
}
