//! What `rook --help`, `rook help COMMAND` and `rook COMMAND --help` print: one table.

use super::suggestion;

/// A command with its options, each with what it does.
struct Command {
    name: &'static str,
    usage: &'static [&'static str],
    about: &'static str,
    options: &'static [(&'static str, &'static str)],
}

const COMMANDS: [Command; 5] = [
    Command {
        name: "run",
        usage: &["rook run [OPTION…] FILE [ARGUMENT…]", "rook FILE.lisp [ARGUMENT…]", "rook --script FILE [ARGUMENT…]"],
        about: "Compiles a source file (`-`: standard input) form by form in memory and runs it. What follows
the file belongs to the program: (ext:command-args) gives its name and arguments. A script
begins with `#!/usr/bin/env -S rook --script`.",
        options: &[
            ("--no-optimize", "skip the optimising passes"),
            ("--verify-ir", "check the program after each pass"),
        ],
    },
    Command {
        name: "build",
        usage: &["rook build [OPTION…] FILE… [-o PROGRAM]", "rook build -c [OPTION…] FILE.lisp… [-o FILE.o]"],
        about: "Makes an executable of Lisp sources (`-`: standard input), compiled Lisp, C sources, objects and
archives, in the order given. Each Lisp file is loaded before the next is compiled.",
        options: &[
            ("-o FILE", "the program (default: the last Lisp file's name without extension)"),
            ("-c", "compile to FILE.o, which `rook build` links and LOAD loads"),
            ("--entry NAME", "call this function after the top-level forms"),
            ("-lNAME, -LFOLDER", "for the linker"),
            ("-Werror", "fail when there are warnings"),
            ("--runtime=lean|full", "without or with the compiler (default: as the program needs)"),
            ("--linker=NAME", "the C compiler driver that links (default: cc)"),
            ("--no-optimize", "skip the optimising passes"),
            ("--emit=operators,hir,mir,clif", "print the operators that the text names, or the program in
these languages, instead of building it"),
            ("--emit-after=PASS,…", "print the program after these passes instead of building it"),
            ("--time-passes", "print how long each pass took"),
            ("--verify-ir", "check the program after each pass, and that dumps read back"),
            ("-v", "say what is done, and what the program's size is made of"),
        ],
    },
    Command {
        name: "test",
        usage: &["rook test [OPTION…] [PATH…]"],
        about: "Runs golden programs: those at and below the paths (default: the current folder). Beside x.lisp
lies x.out (expected output), x.err (expected error output) or x.exit (expected exit code, 0
without it), and maybe x.in (standard input) and x.args (an argument per line). Prints a diff
for each failure, then a summary; the exit code is 1 when something failed.",
        options: &[
            ("--modes=memory,native,unoptimized,stress=N,young=N,native-stress=N", "how to run (default: memory)"),
            ("--filter TEXT", "only programs with the text in their path"),
            ("--bless", "rewrite the expected output; makes x.out for a program given by name"),
            ("--jobs N", "run so many at a time (default: one per processor)"),
            ("--time-limit SECONDS", "end programs that run longer (default: 180)"),
            ("--junit FILE", "write the results as JUnit XML as well"),
            ("--expected-failures FILE", "lines `mode path`"),
        ],
    },
    Command {
        name: "repl",
        usage: &["rook repl [--load FILE | --eval FORM]…", "rook [--load FILE | --eval FORM]… [--quit | FILE [ARGUMENT…]]"],
        about: "Reads, evaluates and prints. Without arguments, `rook` is `rook repl`.",
        options: &[
            ("--load FILE", "run a source file first"),
            ("--eval FORM", "evaluate first"),
            ("--quit", "do not read forms (without `repl`)"),
        ],
    },
    Command { name: "explain", usage: &["rook explain CODE"], about: "Says what a diagnostic means.", options: &[] },
];

const END: &str = "exit codes: 0 success, 1 error of the program or in its text, 2 wrong usage, 130 interrupt\n\
                   `rook help COMMAND` tells more.";

/// The text for `rook --help`.
pub fn overview() -> String {
    let mut text = String::from("usage:\n");
    for command in &COMMANDS {
        command.usage.iter().for_each(|line| text += &format!("  {line}\n"));
    }
    text += "  rook help [COMMAND]\n  rook --version\n\n";
    for command in &COMMANDS {
        let first = command.about.find(". ").or(command.about.find(".\n")).map_or(command.about, |end| &command.about[..=end]);
        text += &format!("{}: {}\n", command.name, first.replace('\n', " "));
        text += &options_text(command);
        text += "\n";
    }
    text + END
}

/// The text for one command.
pub fn of(name: &str) -> Result<String, String> {
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        let names = COMMANDS.map(|command| command.name);
        return Err(format!("there is no command `{name}`{}", suggestion(name, &names)));
    };
    let mut text = String::new();
    for (line, lead) in command.usage.iter().zip(std::iter::once("usage: ").chain(std::iter::repeat("       "))) {
        text += &format!("{lead}{line}\n");
    }
    text += &format!("\n{}\n", command.about);
    if !command.options.is_empty() {
        text += &format!("\n{}", options_text(command));
    }
    Ok(text.trim_end().to_string())
}

fn options_text(command: &Command) -> String {
    const COLUMN: usize = 24;
    let mut text = String::new();
    for (option, what) in command.options {
        let what = what.replace('\n', &format!("\n{:COLUMN$}", ""));
        let gap = if option.len() + 4 <= COLUMN { " ".repeat(COLUMN - 2 - option.chars().count()) } else { format!("\n{:COLUMN$}", "") };
        text += &format!("  {option}{gap}{what}\n");
    }
    text
}

/// Whether the words after a command ask for its description. The arguments of a program do not.
pub fn is_wanted(command: &str, words: &[String]) -> bool {
    let own = words.iter().take_while(|word| command != "run" || word.starts_with('-'));
    COMMANDS.iter().any(|known| known.name == command) && own.into_iter().any(|word| word == "--help" || word == "-h")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_names_every_option_that_the_parser_knows() {
        let build = of("build").unwrap();
        for option in super::super::build::OPTIONS {
            let stem = option.split('=').next().unwrap();
            assert!(stem == "--verbose" || build.contains(stem), "{option}");
        }
        let test = of("test").unwrap();
        for option in super::super::TEST_OPTIONS {
            assert!(test.contains(option), "{option}");
        }
        assert!(of("bulid").unwrap_err().contains("`build`"));
    }

    #[test]
    fn arguments_of_a_program_are_no_request_for_help() {
        let words = |text: &str| text.split(' ').map(str::to_string).collect::<Vec<_>>();
        assert!(is_wanted("run", &words("--no-optimize --help x.lisp")));
        assert!(!is_wanted("run", &words("x.lisp --help")));
        assert!(is_wanted("build", &words("x.lisp -h")));
        assert!(!is_wanted("x.lisp", &words("--help")));
    }
}
