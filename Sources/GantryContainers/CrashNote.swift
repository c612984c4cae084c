// What a dying container's signal handler wrote down, as numbers that nobody has checked.
// Read by the driver after the container's death; its meaning is for GantryProcess's header to say.

import CGantryProcess

/// Where and of what a container died, by its own last words: hints, never facts.
package struct CrashNote: Sendable, Hashable {
  /// The signal's number.
  package let signal: UInt64
  /// The faulting address; 0 where the signal has none.
  package let address: UInt64
  /// Whether the kernel raised the signal for a fault, rather than a process for another.
  package let isFault: Bool
  /// The program counter.
  package let counter: UInt64
  package let stackPointer: UInt64
  /// What the program's addresses were shifted by when it was loaded.
  package let imageBase: UInt64
  /// Where the program's own code was.
  package let code: Range<UInt64>
  /// Return addresses, innermost first.
  package let frames: [UInt64]

  /// Takes the words that `LaneProducer.crash()` returned.
  package init(words: [UInt64]) {
    var note = gantry_crash_note()
    // All of a note but its first word.
    let skipped = MemoryLayout<UInt64>.size
    withUnsafeMutableBytes(of: &note) { target in
      words.withUnsafeBytes { source in
        let bytes = min(source.count, target.count - skipped)
        UnsafeMutableRawBufferPointer(rebasing: target[skipped...]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: source[..<bytes]))
      }
    }
    signal = note.signal
    address = note.address
    isFault = note.code > 0 && note.code < UInt64(Int64.max)
    counter = note.pc
    stackPointer = note.stack
    imageBase = note.image_base
    code = note.code_start < note.code_end ? note.code_start..<note.code_end : 0..<0
    let count = Int(min(note.frame_count, UInt64(GANTRY_CRASH_FRAMES)))
    frames = withUnsafeBytes(of: &note.frames) { Array($0.bindMemory(to: UInt64.self).prefix(count)) }
  }
}
