// Counts lines and words as `wc` does, eight bytes at a time in one general register.
// In each step the highest bit of a byte says what that byte is; the other bits are noise that is masked away.

private let ones: UInt64 = 0x0101_0101_0101_0101
private let highs: UInt64 = 0x8080_8080_8080_8080

/// Line ends, and beginnings of runs of bytes that are no space.
///
/// - Parameters:
///   - text: The bytes.
///   - continuesWord: Whether a first run began before the text.
/// - Returns: How many there are.
func countLinesAndWords(_ text: UnsafeBufferPointer<UInt8>, continuesWord: Bool) -> (lines: Int, words: Int) {
  let bytes = UnsafeRawBufferPointer(text)
  var lines = 0
  var words = 0
  var position = 0
  // The highest bit of the lowest byte: whether the byte before was a space.
  var before: UInt64 = continuesWord ? 0 : 0x80
  while position &+ 8 <= bytes.count {
    let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
    let spaces = spaces(word)
    let starts = ~spaces & (spaces << 8 | before) & highs
    lines &+= highBits(zeros(word ^ ones &* 0x0A))
    words &+= highBits(starts)
    before = spaces >> 56
    position &+= 8
  }
  while position < bytes.count {
    let isSpaceHere = isSpace(bytes[position])
    if bytes[position] == 0x0A { lines += 1 }
    if !isSpaceHere, before != 0 { words += 1 }
    before = isSpaceHere ? 0x80 : 0
    position &+= 1
  }
  return (lines, words)
}

/// Marks the bytes that are 0, exactly: no sum carries into the next byte.
@inline(__always)
private func zeros(_ word: UInt64) -> UInt64 {
  ~(((word & ~highs) &+ ~highs) | word) & highs
}

/// Marks the bytes that are spaces: 9 to 13, and 32.
@inline(__always)
private func spaces(_ word: UInt64) -> UInt64 {
  let low = word & ~highs
  let from9 = low &+ ones &* (0x80 - 9)
  let from14 = low &+ ones &* (0x80 - 14)
  return (from9 & ~from14 & ~word & highs) | zeros(word ^ ones &* 0x20)
}

/// How many bytes are marked: the sum of eight bytes of 0 or 1 ends up in the highest.
@inline(__always)
private func highBits(_ marks: UInt64) -> Int {
  Int(truncatingIfNeeded: ((marks >> 7) &* ones) >> 56)
}
