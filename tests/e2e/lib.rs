//! Means that the end-to-end tests and the benches share.

/// Identity codes of people who do not exist.
pub fn crowd(count: usize) -> Vec<String> {
    let code = |number: usize| {
        let (serial, day, month) = (900 + number % 100, 1 + number / 100 % 28, 1 + number / 2_800 % 12);
        let digits = ((day * 100 + month) * 100 + 50 + number / 33_600) * 1_000 + serial;
        let check = "0123456789ABCDEFHJKLMNPRSTUVWXY".as_bytes().get(digits % 31).copied().map_or('0', char::from);
        format!("{day:02}{month:02}{:02}-{serial}{check}", 50 + number / 33_600)
    };
    (0..count).map(code).collect()
}
