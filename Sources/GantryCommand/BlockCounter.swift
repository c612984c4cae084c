// The function that runs in containers: counts one block as `wc` would, and its words one by one.

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// Counts a block; traps where the block says so.
func count(_ block: Block) -> BlockCount {
  if block.crashes {
    // Silent where optimised: the report of the lost block says it all, and says it once.
    preconditionFailure("--crash-on: \(printable(block.path.bytes)) makes its container trap.")
  }
  let start = processorNanoseconds()
  var text = block.bytes
  let (lines, words) = text.withUnsafeBufferPointer {
    countLinesAndWords($0, continuesWord: block.continuesWord)
  }
  // English has one new word in about thirty bytes of a long text.
  var table = WordTable(expecting: min(text.count / 24, 16_384) + 8)
  text.withUnsafeMutableBufferPointer { text in
    lowercase(text)
    addWords(of: UnsafeBufferPointer(text), to: &table)
  }
  return BlockCount(
    index: block.index, lines: lines, words: words, bytes: block.bytes.count,
    nanoseconds: processorNanoseconds() - start, table: table.packed)
}

/// The time this thread has run: what else the processors had to do does not make a file slow.
private func processorNanoseconds() -> Int {
  var now = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
  return now.tv_sec * 1_000_000_000 + now.tv_nsec
}

/// Line ends, and beginnings of runs of bytes that are no space.
///
/// - Parameters:
///   - text: The bytes.
///   - continuesWord: Whether a first run began before the text.
/// - Returns: How many there are.
func countLinesAndWords(_ text: UnsafeBufferPointer<UInt8>, continuesWord: Bool) -> (lines: Int, words: Int) {
  guard let first = text.first else { return (0, 0) }
  var lines = first == 0x0A ? 1 : 0
  var words = isSpace(first) || continuesWord ? 0 : 1
  var position = 1
  // Sums of one byte, for as long as they cannot overflow, so that the loop becomes vector code.
  while position < text.count {
    let end = min(position &+ 255, text.count)
    var someLines: UInt8 = 0
    var someWords: UInt8 = 0
    for place in position..<end {
      let byte = text[place]
      someLines &+= byte == 0x0A ? 1 : 0
      someWords &+= !isSpace(byte) && isSpace(text[place &- 1]) ? 1 : 0
    }
    lines += Int(someLines)
    words += Int(someWords)
    position = end
  }
  return (lines, words)
}

/// Makes the letters A to Z small.
func lowercase(_ text: UnsafeMutableBufferPointer<UInt8>) {
  for place in text.indices {
    let byte = text[place]
    text[place] = byte &- 0x41 < 26 ? byte | 0x20 : byte
  }
}
