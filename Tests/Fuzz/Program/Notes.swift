// Fuzzes what the driver reads of a crash: the words of a signal handler, and what a symbolizer printed of them.

import GantryContainers

@testable import Gantry

let notesTarget = FuzzTarget(
  name: "notes", run: { bytes, count in withInput(bytes, count, fuzzNotes) }, seeds: noteSeeds)

@Sendable private func fuzzNotes(_ bytes: UnsafeRawBufferPointer) {
  guard let (choice, rest) = chosen(bytes) else { return }
  if choice % 2 == 0 {
    let frames = SourceFrame.parse(String(decoding: rest, as: UTF8.self))
    insist(frames.allSatisfy { !$0.isEmpty }, "An address without frames was parsed.")
    for frame in frames.joined() { _ = (frame.place, frame.isUsers, frame.runtimeFailure) }
    _ = CrashFinding(frames)
    return
  }
  // As many words as a lane has, and a few that are too many or too few.
  let words = (0..<rest.count / 8).map { rest.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
  let note = CrashNote(words: words)
  let site = CrashSite(note: note, executable: choice % 4 == 1 ? "/program" : nil)
  _ = (site.fault, site.place)
}

@Sendable private func noteSeeds() -> [[UInt8]] {
  let printed = """
    Swift runtime failure: Index out of range
    /stdlib/Array.swift:0:0
    body of f
    /program/main.swift:12:3

    ??
    ??:0:0

    """
  let words: [UInt64] = [11, 1, 16, 0x7f00, 0x7fff_0000, 0x5000, 0x5000, 0x9000, 2, 0x5100, 0x5200]
  return [
    [0] + Array(printed.utf8), [0, 10, 10],
    [1] + words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } },
  ]
}
