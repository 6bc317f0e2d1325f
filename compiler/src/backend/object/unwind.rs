//! `.eh_frame`: how debuggers, profilers and C++ unwinders leave Lisp frames. Addresses are
//! pc-relative, so the section needs no relocation at run time.

use cranelift_codegen::gimli::write::{Address, EhFrame, EndianVec, FrameTable, RelocateWriter, Relocation as GimliRelocation, RelocationTarget};
use cranelift_codegen::gimli::{DW_EH_PE_pcrel, DW_EH_PE_sdata4, RunTimeEndian};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::isa::unwind::UnwindInfo;
use object::write::{Object, Relocation, SymbolId};
use object::{RelocationFlags, SectionKind, elf};

use crate::backend::unit::Unit;

/// The section's bytes, and where addresses of the text go into them.
struct Section {
    bytes: EndianVec<RunTimeEndian>,
    relocations: Vec<GimliRelocation>,
}

impl RelocateWriter for Section {
    type Writer = EndianVec<RunTimeEndian>;
    fn writer(&self) -> &Self::Writer {
        &self.bytes
    }
    fn writer_mut(&mut self) -> &mut Self::Writer {
        &mut self.bytes
    }
    fn relocate(&mut self, relocation: GimliRelocation) {
        self.relocations.push(relocation);
    }
}

/// Adds the section when the unit was compiled with unwind information.
pub fn write(object: &mut Object, isa: &dyn TargetIsa, unit: &Unit, starts: &[u32], text: SymbolId) {
    let Some(mut cie) = isa.create_systemv_cie() else { return };
    cie.fde_address_encoding = DW_EH_PE_pcrel | DW_EH_PE_sdata4;
    let mut table = FrameTable::default();
    let cie = table.add_cie(cie);
    for (code, &start) in unit.functions.iter().zip(starts) {
        if let Some(UnwindInfo::SystemV(info)) = &code.unwind {
            table.add_fde(cie, info.to_fde(Address::Symbol { symbol: 0, addend: start as i64 }));
        }
    }
    if table.fde_count() == 0 {
        return;
    }
    let mut section = EhFrame(Section { bytes: EndianVec::new(RunTimeEndian::Little), relocations: Vec::new() });
    table.write_eh_frame(&mut section).expect("frame descriptions of our own functions can be written");
    let Section { bytes, relocations } = section.0;
    let id = object.add_section(Vec::new(), b".eh_frame".to_vec(), SectionKind::ReadOnlyData);
    object.append_section_data(id, bytes.slice(), 8);
    for relocation in relocations {
        assert!(matches!(relocation.target, RelocationTarget::Symbol(0)), "only the text is referred to");
        let flags = RelocationFlags::Elf { r_type: elf::R_X86_64_PC32.into() };
        let at = Relocation { offset: relocation.offset as u64, symbol: text, addend: relocation.addend, flags };
        object.add_relocation(id, at).expect("the relocation has an ELF type");
    }
}
