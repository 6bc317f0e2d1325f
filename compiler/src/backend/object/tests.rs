//! Object files, read back.

use super::unit_info::UnitInfo;
use super::*;
use crate::backend::{Backend, Target};
use crate::mir::parse::parse_program;
use crate::testing::with_context;
use ::object::read::{Object as _, ObjectSection as _, ObjectSymbol as _};

const PROGRAM: &str = "
    @0 = cl:PRINT
    @1 = (\"hello\" 1 cl:NIL)
    @2 = (\"hello\" 1 cl:NIL)
    top f0
    function f0 \"MAIN\" general many check {
    b0(v0:function v1:word v2:any v3:any v4:any v5:any):
      v6:cons = const @1
      v7:cons = const @2
      v8:function = function-object f1
      v9:any v10:word = call symbol @0 v6
      v11:word = word 3
      v12:word = foreign-call labs word v11
      v13:any v14:word = call function v8 v7
      v15:any = add v13 v9
      return v15 v14
    }
    function f1 \"IDENTITY of MAIN\" general many {
    b0(v0:function v1:word v2:any v3:any v4:any v5:any):
      v6:word = word 1
      return v2 v6
    }";

fn compile(text: &str) -> Vec<u8> {
    with_context(|ctx| {
        let mut datums = Datums::new();
        let program = parse_program(ctx, &mut datums, text).expect("the text is MIR");
        let mut backend = Backend::new(Target { verify: true, ..Target::FILE });
        let unit = backend.compile(&program, &datums, vec![String::new(), "hello.lisp".into()]).expect("the program compiles");
        write_object(backend.isa(), &unit, &datums, ObjectOptions::default()).expect("all constants can be written")
    })
}

#[test]
fn an_object_names_what_it_needs() {
    let bytes = compile(PROGRAM);
    let file = ::object::File::parse(&bytes[..]).expect("an object file");
    let undefined: Vec<&str> = file.symbols().filter(|s| s.is_undefined()).filter_map(|s| s.name().ok()).filter(|n| !n.is_empty()).collect();
    for name in ["rook.sym.COMMON-LISP:PRINT", "rook_nil", "rook_rt_add", "rook_foreign_thunk", "labs", "rook_rt_entry_slow"] {
        assert!(undefined.contains(&name), "{name} in {undefined:?}");
    }
    let section = |name| file.section_by_name(name).expect(name).data().expect(name);
    let info = UnitInfo::decode(section(UNIT_SECTION)).expect("a description");
    assert_eq!(info.called, ["rook.sym.COMMON-LISP:PRINT"]);
    assert_eq!(info.top_level, ["rook.top.0"]);
    // One list of three conses with one string for both constants, two function objects.
    assert_eq!(section(STATIC_DATA_SECTION).len(), 3 * 16 + 16 + 2 * 16);
    let frames: Vec<u32> = section(FRAMES_SECTION).chunks_exact(4).map(|w| u32::from_le_bytes(w.try_into().expect("whole words"))).collect();
    assert_eq!(frames[0], FRAMES_VERSION);
    assert_eq!(frames[2], 2, "two functions");
    assert!(frames[1] >= 4, "every call site");
    assert!(section(".eh_frame").len() > 32);
    assert!(file.symbols().any(|s| s.name() == Ok("IDENTITY of MAIN")));
}

#[test]
fn objects_are_reproducible() {
    assert_eq!(compile(PROGRAM), compile(PROGRAM));
}
