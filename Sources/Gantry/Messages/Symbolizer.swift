// Asks llvm-symbolizer for the functions and lines at some addresses of executables.
// Called outside the driver's lock, when somebody reads about a crash: it runs a program and blocks for as long.

import GantryContainers

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// One llvm-symbolizer on this machine.
struct Symbolizer: Sendable {
  /// An address as its executable was linked.
  struct Address: Hashable, Sendable {
    var object: String
    var offset: UInt64
  }

  let path: String

  /// Loading the debug information of a large program takes a second or two; a hang is not waited for.
  private static let patience = 5000
  private static let mostOutput = 1 << 20

  /// The functions at each address, in the order asked for; nil where the program could not be run.
  func frames(at addresses: [Address]) -> [[SourceFrame]]? {
    let questions = addresses.map { "CODE \"\($0.object)\" 0x\(String($0.offset, radix: 16))" }
    let options = ["--output-style=LLVM", "--no-demangle", "--inlining=true"]
    guard
      let text = runTool(
        path, options + questions, milliseconds: Symbolizer.patience, most: Symbolizer.mostOutput)
    else { return nil }
    let frames = SourceFrame.parse(text)
    return frames.count == addresses.count ? frames : nil
  }

  /// The one beside the `swift` in PATH, which knows what its compiler writes, or else any in PATH.
  static let installed: Symbolizer? = {
    let directories = getenv("PATH").map { String(cString: $0).split(separator: ":") } ?? []
    let name = "llvm-symbolizer"
    let besideSwift = directories.lazy.compactMap { directory -> String? in
      guard let real = realpath("\(directory)/swift", nil) else { return nil }
      defer { free(real) }
      let components = String(cString: real).split(separator: "/").dropLast()
      return "/" + components.joined(separator: "/") + "/" + name
    }
    let inPath = directories.lazy.map { "\($0)/\(name)" }
    return (Array(besideSwift) + inPath).first { access($0, X_OK) == 0 }.map { Symbolizer(path: $0) }
  }()
}
