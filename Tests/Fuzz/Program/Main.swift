// The fuzzers, one program: the first argument names the target, the others are libFuzzer's.
// Built and run by tools/fuzz. A target that finds a broken promise traps; libFuzzer keeps the input that did it.

import CFuzz

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// A parser of bytes that another process wrote.
struct FuzzTarget: Sendable {
  var name: String
  var run: @convention(c) @Sendable (UnsafePointer<UInt8>?, Int) -> Int32
  /// Small inputs that reach far, to begin with.
  var seeds: @Sendable () -> [[UInt8]]
}

@main
enum FuzzProgram {
  static let targets: [FuzzTarget] = [
    recordsTarget, chunksTarget, codableTarget, stringTarget, arrayTarget, dictionaryTarget, errorsTarget,
    notesTarget,
  ]

  private static let mark = "--target="

  static func main() {
    let words = CommandLine.arguments
    guard words.count > 1, words[1] != "list" else {
      for target in targets { print(target.name) }
      return
    }
    let name = words[1].hasPrefix(mark) ? String(words[1].dropFirst(mark.count)) : words[1]
    guard let target = targets.first(where: { $0.name == name }) else {
      fatalError("There is no target \(name); \(words[0]) list names them.")
    }
    if words.count == 4, words[2] == "seeds" { return write(target.seeds(), into: words[3]) }
    // libFuzzer starts the program again, with the same words, where it wants processes; it passes those with two dashes.
    var arguments: [UnsafeMutablePointer<CChar>?] = ([words[0], mark + name] + words.dropFirst(2)).map {
      strdup($0)
    }
    var count = Int32(arguments.count)
    arguments.append(nil)
    arguments.withUnsafeMutableBufferPointer { all in
      var base = all.baseAddress
      exit(LLVMFuzzerRunDriver(&count, &base, target.run))
    }
  }
}

/// Ends the run of a target whose promise is broken.
func insist(_ condition: Bool, _ sentence: @autoclosure () -> String, line: UInt = #line) {
  if !condition { fatalError(sentence(), line: line) }
}

/// Calls a body with libFuzzer's bytes.
func withInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int, _ body: (UnsafeRawBufferPointer) -> Void)
  -> Int32
{
  body(UnsafeRawBufferPointer(start: bytes, count: count))
  return 0
}

@Sendable private func write(_ seeds: [[UInt8]], into directory: String) {
  for (number, seed) in seeds.enumerated() {
    guard let file = fopen("\(directory)/seed-\(number)", "w") else {
      fatalError("No seed can be written into \(directory).")
    }
    fwrite(seed, 1, seed.count, file)
    fclose(file)
  }
}
