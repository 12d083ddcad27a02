//! The window as screen readers see it, and what they ask of it.

use accesskit::{Action, ActionData, ActionRequest, Node, NodeId, Role, TreeId, TreeInfo, TreeUpdate};

use super::{
    super::{
        shell::Desk,
        widget::{Id, Kind},
    },
    Pane, Told,
};

impl Pane {
    /// What a screen reader asks for.
    pub(in crate::ui) fn reader(&mut self, desk: &mut Desk<'_>, event: &accesskit_winit::WindowEvent) -> Option<Told> {
        match event {
            accesskit_winit::WindowEvent::InitialTreeRequested => {
                self.tell_reader();
                None
            }
            accesskit_winit::WindowEvent::ActionRequested(ActionRequest { action, target_node, data, .. }) => {
                let id = Id(u16::try_from(target_node.0).ok()?);
                let widget = self.widget(id).filter(|w| w.focusable())?;
                let (presses, types) = (widget.presses(), matches!(widget.kind, Kind::Entry { .. }));
                match (action, data) {
                    (Action::Click, _) if presses => Some(Told::Pressed(id)),
                    (Action::Focus, _) => {
                        self.set_focus(desk, Some(id));
                        Some(Told::Changed)
                    }
                    (Action::SetValue, Some(ActionData::Value(value))) if types => {
                        let (_, entry) = self.entry.as_mut()?;
                        entry.set_text("");
                        entry.insert(value);
                        self.edited(desk, id)
                    }
                    _ => None,
                }
            }
            accesskit_winit::WindowEvent::AccessibilityDeactivated => None,
        }
    }

    /// Tells what the window consists of now; costs nothing where nobody listens.
    pub(super) fn tell_reader(&mut self) {
        let Self { adapter, widgets, entry, role, title, focus, .. } = self;
        adapter.update_if_active(|| {
            let mut nodes = Vec::with_capacity(widgets.len() + 1);
            let mut children = Vec::with_capacity(widgets.len());
            for widget in widgets.iter() {
                let value = entry.as_ref().filter(|(id, _)| *id == widget.id).map(|(_, entry)| entry.text());
                let Some(mut node) = widget.node(value.as_deref()) else { continue };
                let id = NodeId(u64::from(widget.id.0));
                if let Kind::Own { items, .. } = &widget.kind {
                    for (item, text) in (1u64..).zip(items) {
                        let mut line = Node::new(Role::ListItem);
                        line.set_label(text.as_str());
                        let item = NodeId((item << 16) | id.0);
                        node.push_child(item);
                        nodes.push((item, line));
                    }
                }
                children.push(id);
                nodes.push((id, node));
            }
            let mut root = Node::new(*role);
            root.set_label(title.as_str());
            root.set_children(children);
            nodes.push((NodeId(0), root));
            let focus = NodeId(focus.map_or(0, |id| u64::from(id.0)));
            TreeUpdate { nodes, tree: Some(TreeInfo::new(NodeId(0))), tree_id: TreeId::ROOT, focus }
        });
    }
}
