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

/// Makes the letters A to Z small.
func lowercase(_ text: UnsafeMutableBufferPointer<UInt8>) {
  for place in text.indices {
    let byte = text[place]
    text[place] = byte &- 0x41 < 26 ? byte | 0x20 : byte
  }
}
