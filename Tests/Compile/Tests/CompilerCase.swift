// Asks the compiler what it says of a source that uses the built modules, and the source what it wants to be told.
// Used by the suite of CompileTests; compiles to nowhere.

import Foundation

/// A source of Tests/Compile/Cases: a line that ends in `// error: TEXT` or `// warning: TEXT` wants that said of it,
/// and the others nothing.
struct CompilerCase: Sendable, CustomStringConvertible {
  struct Remark: CustomStringConvertible {
    let line: Int
    let kind: String
    let text: String
    var description: String { "line \(line): \(kind): \(text)" }
  }

  let file: URL
  var description: String { file.lastPathComponent }

  private static let root = URL(fileURLWithPath: "\(#filePath)").deletingLastPathComponent()
    .appendingPathComponent("../../..").standardizedFileURL

  static let all: [CompilerCase] = {
    let directory = root.appendingPathComponent("Tests/Compile/Cases")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    return names.filter { $0.hasSuffix(".swift") }.sorted()
      .map { CompilerCase(file: directory.appendingPathComponent($0)) }
  }()

  /// What is wrong about what the compiler says of the source, or nil.
  func fault() throws -> String? {
    let wanted = try wanted()
    let (said, errors) = try said()
    let missed = wanted.filter { wanted in
      !said.contains {
        $0.line == wanted.line && $0.kind == wanted.kind && $0.text.contains(wanted.text)
      }
    }
    let lines = Set(wanted.map(\.line))
    let unwanted = said.filter { !lines.contains($0.line) }
    if missed.isEmpty, unwanted.isEmpty { return nil }
    return "not said: \(missed)\nsaid and not wanted: \(unwanted)\n--- the compiler\n\(errors)"
  }

  private func wanted() throws -> [Remark] {
    let text = try String(contentsOf: file, encoding: .utf8)
    return text.components(separatedBy: "\n").enumerated().compactMap { index, line in
      for kind in ["error", "warning"] {
        guard let mark = line.range(of: "// \(kind): ") else { continue }
        return Remark(line: index + 1, kind: kind, text: String(line[mark.upperBound...]))
      }
      return nil
    }
  }

  /// Errors and warnings of the compiler up to its last check: what concerns threads is found after the types are.
  private func said() throws -> (remarks: [Remark], errors: String) {
    var arguments = ["swiftc", "-emit-sil", "-o", "/dev/null", "-swift-version", "6", "-parse-as-library"]
    arguments += ["-module-name", "Case", "-diagnostic-style", "llvm", "-I", "\(Products.directory)/Modules"]
    for map in moduleMaps() { arguments += ["-Xcc", "-fmodule-map-file=\(map)"] }
    let run = try Products.run("/usr/bin/env", arguments + [file.path])
    var remarks = run.errors.components(separatedBy: "\n").compactMap { remark($0) }
    // What is said of no line of the source: modules that cannot be found, and the like.
    if run.status != 0, !remarks.contains(where: { $0.kind == "error" }) {
      remarks.append(Remark(line: 0, kind: "error", text: "status \(run.status)"))
    }
    return (remarks, run.errors)
  }

  /// What one line of the compiler's output says, in the form FILE:LINE:COLUMN: KIND: TEXT.
  private func remark(_ line: String) -> Remark? {
    guard line.hasPrefix(file.path + ":") else { return nil }
    let parts = line.dropFirst(file.path.count + 1)
      .split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4, let number = Int(parts[0]) else { return nil }
    let kind = parts[2].drop { $0 == " " }
    guard kind == "error" || kind == "warning" else { return nil }
    return Remark(line: number, kind: String(kind), text: String(parts[3].drop { $0 == " " }))
  }

  /// The C modules that the built ones import.
  private func moduleMaps() -> [String] {
    let files = FileManager.default
    let written = Self.root.appendingPathComponent("CSupport").path
    return [Products.directory, written].flatMap { directory in
      ((try? files.contentsOfDirectory(atPath: directory)) ?? []).filter { $0.hasPrefix("C") }
        .map { "\(directory)/\($0)/module.modulemap" }.filter { files.fileExists(atPath: $0) }
    }
  }
}
