// Trees of files to count, and an independent way to count them.

@testable import GantryCommand

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// A directory of its own that goes when the test is over.
final class TemporaryTree {
  let root: Path

  init() {
    var template = Array("/tmp/gantry-command-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { $0.baseAddress.map { mkdtemp($0) != nil } ?? false }
    precondition(made, "No temporary directory could be made (error \(errno)).")
    root = Path(template.dropLast().map { UInt8(bitPattern: $0) })
  }

  deinit { remove(root) }

  func path(_ name: String) -> Path { root.appending(Array(name.utf8)) }

  @discardableResult
  func file(_ name: String, _ bytes: [UInt8]) -> Path {
    let path = path(name)
    let descriptor = path.withCString { open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644) }
    precondition(descriptor >= 0, "\(name) could not be made (error \(errno)).")
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      precondition(written > 0, "\(name) could not be written (error \(errno)).")
      rest = rest.dropFirst(written)
    }
    close(descriptor)
    return path
  }

  @discardableResult
  func file(_ name: String, _ text: String) -> Path { file(name, Array(text.utf8)) }

  @discardableResult
  func directory(_ name: String) -> Path {
    let path = path(name)
    let result = path.withCString { mkdir($0, 0o755) }
    precondition(result == 0, "\(name) could not be made (error \(errno)).")
    return path
  }

  @discardableResult
  func link(_ name: String, to target: String) -> Path {
    let path = path(name)
    let result = path.withCString { symlink(target, $0) }
    precondition(result == 0, "\(name) could not be made (error \(errno)).")
    return path
  }

  private func remove(_ path: Path) {
    if path.withCString({ unlink($0) }) == 0 { return }
    if let directory = path.withCString({ opendir($0) }) {
      var names: [[UInt8]] = []
      while let entry = readdir(directory) {
        names.append(withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) })
      }
      closedir(directory)
      for name in names where name != Array(".".utf8) && name != Array("..".utf8) {
        remove(path.appending(name))
      }
    }
    _ = path.withCString { rmdir($0) }
  }
}

/// Bytes that look like a text, the same for the same seed.
func someText(_ seed: UInt64, bytes: Int) -> [UInt8] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  let words = [
    "The", "the", "of", "don't", "na\u{EF}ve", "\u{201C}quoted\u{201D}", "x2y", "--", "'tis", "\u{1F600}",
    "\u{65E5}\u{672C}",
  ].map { Array($0.utf8) }
  let gaps = [" ", " ", " ", "\n", "\r\n", "\t", "  ", "\u{B}"].map { Array($0.utf8) }
  var text: [UInt8] = []
  while text.count < bytes {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    text += words[Int(state >> 33) % words.count]
    text += gaps[Int(state >> 13) % gaps.count]
  }
  return Array(text.prefix(bytes))
}

/// Counts as plainly as it can be said.
func plainCount(_ bytes: [UInt8]) -> (lines: Int, words: Int) {
  let spaces: Set<UInt8> = [9, 10, 11, 12, 13, 32]
  return (bytes.filter { $0 == 10 }.count, bytes.split { spaces.contains($0) }.count)
}

/// Counts paths in this process, by the same parts as the command but without containers.
func countHere(
  _ paths: [Path], catalogue: Catalogue = Catalogue(), limits: BlockReader.Limits = .init()
) throws -> (summary: Summary, reports: [String]) {
  var reports: [String] = []
  var summary = Summary()
  for block in BlockSequence(paths, catalogue: catalogue, limits: limits, report: { reports.append($0) }) {
    let counted = count(block)
    try summary.add(counted)
    catalogue.settle(block.index, nanoseconds: counted.nanoseconds)
  }
  summary.files = catalogue.totals
  summary.slowest = catalogue.slowest
  return (summary, reports)
}

/// A table's words with their counts.
func dictionary(_ table: WordTable) -> [String: Int] {
  var all: [String: Int] = [:]
  var packed = table.packed[...]
  while let length = packed.popFirst() {
    var count = 0
    var shift = 0
    while let byte = packed.popFirst() {
      count |= Int(byte & 0x7F) << shift
      shift += 7
      if byte < 0x80 { break }
    }
    all[String(decoding: packed.prefix(Int(length)), as: UTF8.self)] = count
    packed = packed.dropFirst(Int(length))
  }
  return all
}
